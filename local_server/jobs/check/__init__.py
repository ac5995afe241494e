"""Job files are checked in a process of its own: what a row does there harms no server."""
