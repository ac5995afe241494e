"""Answers that call functions: which text may come, and what it says."""
