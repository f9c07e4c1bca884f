"""What may be asked for at once, and how often: refused in linear work, before anything is executed."""
