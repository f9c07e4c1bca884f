"""What a plan answers itself, and what it leaves to the reference executor."""

from datasources.errors import SourceError
from resolvers.errors import ClientError

FORESEEN = (ClientError, SourceError)
"""Errors that a field may end in: what a client did wrong, and outages. Any other is a bug, and is not judged here."""


class Unforeseen(Exception):
    """A plan met what it was not made for: a value of another type, a null where none may be, a bug in a resolver."""
