"""What a process tells whoever started it."""

import sys


def say(line: str) -> None:
    """Write a line to stdout."""
    sys.stdout.write(f"{line}\n")  # in one write: systems share a stream, and `print` writes an end of its own
    sys.stdout.flush()


def complain(line: str) -> None:
    """Write a line to stderr."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
