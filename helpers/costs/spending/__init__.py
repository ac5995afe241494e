"""What the jobs of all runs cost, and a limit for them together."""
