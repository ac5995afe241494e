"""Functions that a chat may call: what clients send of them, and what they read."""
