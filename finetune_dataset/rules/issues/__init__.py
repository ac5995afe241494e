"""What an issue is, and the table of all kinds: code, severity, meaning, expected, fix."""
