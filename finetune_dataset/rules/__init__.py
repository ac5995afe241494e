"""The rules for one row, and the table of issue codes."""
