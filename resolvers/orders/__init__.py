"""Orders: the cart, what may be wrong with it, and what became of it."""
