"""Checks many rows quickly: good rows are recognized at once, and the rules explain the others."""
