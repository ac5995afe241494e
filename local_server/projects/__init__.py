"""The projects of a class, as the owner of the server sees them: routes, and commands."""
