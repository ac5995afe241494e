"""What the losses of a job say: one reading of its tables, and the words for it."""
