"""What the benchmark tells whoever started it."""

import sys


def say(line: str) -> None:
    """Write a line to stdout, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
