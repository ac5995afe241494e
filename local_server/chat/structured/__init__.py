"""Answers in a format: what clients may ask for, and OpenAI's rules for schemas."""
