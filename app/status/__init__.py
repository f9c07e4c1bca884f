"""The page at `/status`: how Kanava and its systems are, for people."""
