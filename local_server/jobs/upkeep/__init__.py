"""What a start puts right: bytes and rows that a crash or a damaged disk has left."""
