"""Jobs, events, result files and losses as tables, numbers and words. Draws nothing, connects to nothing."""
