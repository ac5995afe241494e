"""One row whose tokens were counted by hand, and the day from which tests count ages and lifetimes."""

from datetime import date

from helpers.costs.estimate import CostEstimate

TODAY = date(2026, 11, 21)
ROW = {
    "messages": [
        {"role": "user", "content": "tiktoken is great!"},
        {"role": "assistant", "content": "tiktoken is great!"},
    ]
}
# By hand: 2 messages of 3 + 1 (role) + 6, and 3 for the row.
ESTIMATE = 2 * (3 + 1 + 6) + 3


def figures(cost: CostEstimate) -> tuple[int, int, int, int]:
    """Epochs, billed tokens, and the lowest and highest number of them."""
    return cost.n_epochs, cost.billed_tokens, cost.tokens_low, cost.tokens_high
