"""How a job trains: what clients ask for, what they read, and what the training program is told."""
