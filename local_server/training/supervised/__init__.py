"""Training on answers: the method `supervised`."""
