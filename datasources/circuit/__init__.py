"""When to ask a system and when to leave it alone: the circuit breaker, and the bound on calls under way."""
