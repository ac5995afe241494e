"""Who may use the server: the keys of projects, and their limits."""
