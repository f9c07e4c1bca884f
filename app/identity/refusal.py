"""How a token is refused. What it says is never repeated: it comes from anybody, and answers end up in logs."""

from resolvers.errors import Unauthenticated


def bad(reason: str) -> Unauthenticated:
    """Return the refusal of a token that is not good, with the reason in words of our own."""
    return Unauthenticated(f"The access token is not good: {reason}.")
