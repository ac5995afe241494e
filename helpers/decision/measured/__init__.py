"""From scored answers to options: lines of a file, their summary per way to ask, and their price."""
