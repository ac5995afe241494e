"""What a python grader cannot do: the walls around its process."""
