"""Record the HTTP exchanges of a run, and answer from them."""
