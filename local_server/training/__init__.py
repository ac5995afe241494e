"""The training program: one job folder in, a model out. It may load torch."""
