"""The warm process: it has loaded PyTorch and TRL once, and forks for each job and for the chat process."""
