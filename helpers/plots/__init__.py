"""The pictures of the course."""
