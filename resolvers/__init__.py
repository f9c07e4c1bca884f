"""What is true for this viewer: access, which keys to load, how systems combine. Opens no socket, names no vendor."""
