"""What can be wrong with a dataset that every service accepts."""
