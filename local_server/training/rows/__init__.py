"""What a training row may hold, and its tokens."""
