"""Until when the calls made for a request, or for several that share them, may take."""

from contextvars import ContextVar
from math import inf

calls_end_at: ContextVar[float] = ContextVar("calls_end_at", default=inf)
"""On the clock's monotonic scale. Set by a flight, for whatever its connector calls; read by the transport."""
