"""The weights that the chat process holds: one copy of each model, and the adapters that stand on it."""
