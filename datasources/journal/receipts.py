"""Receipt numbers: short enough to be read out over the telephone."""

import secrets
from datetime import datetime

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no letter that looks like a digit or another letter."""
CHARACTERS = 6
MEANT = str.maketrans("OIL", "011")


def random_receipt(at: datetime) -> str:
    """Return a number such as K-20260125-7F3K9Q; whoever keeps it makes sure that it is new."""
    return f"K-{at:%Y%m%d}-{''.join(secrets.choice(ALPHABET) for _ in range(CHARACTERS))}"


def as_written(said: str) -> str:
    """Return the number that someone meant who took an O for a zero, or wrote in small letters."""
    return said.strip().upper().translate(MEANT)
