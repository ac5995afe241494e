"""What every display of the course in a notebook shares."""
