"""Installs the real base model, SmolLM2-135M-Instruct: `python -m local_server.real_model`, once."""
