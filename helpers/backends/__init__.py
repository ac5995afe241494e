"""Open a connection: recorded answers, the local server, or a service."""
