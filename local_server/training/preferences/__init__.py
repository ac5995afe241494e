"""Training on pairs of answers: the method `dpo`."""
