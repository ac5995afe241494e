"""The formats of rows that other programs and services use: their names, and how each becomes a chat row."""
