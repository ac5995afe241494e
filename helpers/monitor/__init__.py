"""Watch a job: the only room that calls a client, and only to read."""
