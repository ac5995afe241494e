"""Check, repair, split and count chat datasets for fine-tuning, before a service sees them.

It knows nothing of the course: it draws nothing, connects to nothing, and reads a file as a stream.
`python -m finetune_dataset` is its command. The public names are listed in `__init__.pyi`; each
module is loaded when one of its names is first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
