"""The rules for one row, and the tables of what can be wrong."""
