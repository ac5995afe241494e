"""The chat process: loads models and writes answers. It may load torch."""
