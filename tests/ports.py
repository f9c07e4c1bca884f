"""Ports that are free, for processes that tests start."""

import random
import socket

IN_A_ROW = 6
_random = random.SystemRandom()  # not the shared generator, which every run and test seeds alike


def free_base_port() -> int:
    """Return a free port with five free ones above it, below those that the system hands out to connections."""
    for _ in range(200):
        base = _random.randrange(10_000, 32_000, 10)
        if all(_is_free(base + offset) for offset in range(IN_A_ROW)):
            return base
    raise RuntimeError("no free ports")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
