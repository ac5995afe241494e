"""Mends a dataset file where that is safe, and shows what changed."""
