"""The refusals of the checker.

FineTuneError           a refusal with one message for the learner
└── DatasetError        a dataset file, a model's folder or a table cannot be used
"""


class FineTuneError(Exception):
    """A refusal with one message for the learner: what, where, found against expected, what to do."""

    def _render_traceback_(self) -> list[str]:
        """Show the message alone in a notebook.

        IPython calls this method (7.34 on Colab and 9.x do) instead of printing
        a traceback. Library frames would hide the one line that helps.

        Returns:
            The lines that IPython prints.
        """
        return [f"{type(self).__name__}: {self}"]


class DatasetError(FineTuneError):
    """A dataset file cannot be used; the message names the line and the fix."""
