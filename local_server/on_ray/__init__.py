"""Training on a Ray cluster: the same job folders, on storage that all its machines share."""
