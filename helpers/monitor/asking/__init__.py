"""Ask a service again when it does not answer, and say what a refusal means."""
