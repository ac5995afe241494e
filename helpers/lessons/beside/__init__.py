"""What a lesson asks beside its task, to see what fine-tuning on it may lose."""
