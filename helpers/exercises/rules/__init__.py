"""When an answer is right: one function per exercise. It returns the key of a mistake, or an empty text."""
