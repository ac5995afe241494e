"""The pictures that a decision is made from: quality, cost, data, checkpoints."""
