"""Counts tokens as services bill them."""
