"""The routes of graders: what they run on an answer, and the models of this server that they ask."""
