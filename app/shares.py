"""
How a process's caches share what `KANAVA_MEMORY_MB` allows.

Each has at most this part of it, and what it takes is taken from the values, which have all that the others leave. What
is counted twice (a document that is kept for the requests it came in, too) makes the sum too large, never too small.
"""

DOCUMENTS = 1 / 8
"""Documents, parsed."""
PLANS = 1 / 8
"""Plans that documents are executed by."""
KNOWN_REQUESTS = 1 / 8
"""Requests that came before, by their bodies, each with its document and its plan."""
HEADS = 1 / 16
"""Heads of requests that came before."""
WAITING = 1 / 8
"""Values that are to be written into the cache file."""
RESPONSES = 1 / 2
"""Whole answers, however much `KANAVA_RESPONSES_MB` allows them."""
