"""What a file can be beside one example per line: another kind of file, or several examples in one value."""
