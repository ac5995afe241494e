"""What the OpenAI SDK does not do: the public names of the course's helpers.

The SDK's own calls stay in the notebooks, where a learner can see them. The names are
listed in `__init__.pyi`, and each module is loaded when one of its names is first used:
a program that only checks a dataset needs no plotting library.
"""

try:
    import lazy_loader
except ModuleNotFoundError:

    def __getattr__(name: str) -> object:
        """Refuse what needs packages; `helpers.doctor`, which needs none, says how to install them."""
        if name.startswith("__") or name == "doctor":
            raise AttributeError(name)
        raise ImportError("The course's packages are not installed. Run: python -m helpers doctor")
else:
    __getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
