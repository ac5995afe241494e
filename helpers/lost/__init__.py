"""What fine-tuning changes beside the task: what was lost, what was kept by heart, and what happens inside.

These modules take answers, and never see a client: a notebook asks, in its own cells.
"""

from helpers.errors import NotScored
from helpers.lost.canary import CANARY, planted
from helpers.lost.chart import lost_in_words, lost_table, plot_lost
from helpers.lost.playground import Playground, Reply
from helpers.lost.tokens import TokenView, plot_tokens, token_losses
from helpers.plots.picture import picture

__all__ = [
    "CANARY",
    "NotScored",
    "Playground",
    "Reply",
    "TokenView",
    "lost_in_words",
    "lost_table",
    "picture",
    "planted",
    "plot_lost",
    "plot_tokens",
    "token_losses",
]
