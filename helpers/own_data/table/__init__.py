"""Reads a learner's table, chooses its columns, and makes chat rows."""
