"""The JSON Schemas of tools: how much work they ask for, and what arguments do not fit them."""
