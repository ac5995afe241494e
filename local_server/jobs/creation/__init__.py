"""How a job begins: what a client may ask for."""
