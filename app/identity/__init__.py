"""Who is asking: bearer tokens of an OpenID Connect provider, verified with the keys that it publishes."""

from app.identity.bearer import Identity
from app.identity.claims import Signed

__all__ = ["Identity", "Signed"]
