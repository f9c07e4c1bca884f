"""The retry budget: retries are a share of the calls, so that they do not multiply the load of a system in trouble."""

PLACES = 9
"""To how many decimals tokens are kept: ten times a tenth must be one."""


class RetryBudget:
    """Tokens for retries: each call puts `per_call` in, up to `most`, and a retry takes one. It starts full."""

    def __init__(self, *, per_call: float = 0.1, most: float = 10.0) -> None:
        self.tokens = most
        self._per_call = per_call
        self._most = most

    def called(self) -> None:
        """Note a call; a retry is none."""
        self.tokens = min(self._most, round(self.tokens + self._per_call, PLACES))

    def take(self) -> bool:
        """Return whether a call may be tried again, and take the token for it."""
        if self.tokens < 1:
            return False
        self.tokens = round(self.tokens - 1, PLACES)
        return True
