"""What a job costs, and when it pays."""
