"""What Kanava itself must not forget: carts, captured orders, and what happened to them."""
