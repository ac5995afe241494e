"""Reads a file row by row: a fast way for good rows, the rules for all others."""
