"""A fine-tuned model as a folder that other programs load: `python -m local_server.export MODEL FOLDER`."""
