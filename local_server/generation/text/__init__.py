"""A model's text: how a chat becomes tokens, and tokens become text again."""
