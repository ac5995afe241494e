"""What a training has measured, and the file that a client gets of it."""
