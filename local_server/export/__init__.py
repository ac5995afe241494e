"""A model as a folder or a file that other programs load: `python -m local_server.export MODEL OUT`."""
