"""Projects: a key for each learner of a class, and what belongs to it alone."""
