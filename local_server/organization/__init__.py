"""What the server's own key can do to projects, with the paths of OpenAI's administration API."""
