"""A server on this machine that speaks OpenAI's fine-tuning wire, and really trains."""
