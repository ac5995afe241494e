"""Damaged text: what went wrong before the file was made."""
