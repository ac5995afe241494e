"""What every route shares: the gate, errors, strict JSON, the description of answers."""
