"""Chat, responses and models."""
