"""Makes chat rows of other things: prompts and completions, tables."""
