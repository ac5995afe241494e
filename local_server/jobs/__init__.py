"""Fine-tuning jobs: routes, states, and the processes that train."""
