"""Languages: Kanava's own, and tags in the usual case."""

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_LOCALES = ("fi", "en")


def canonical_tag(tag: str) -> str:
    """Return a language tag in the usual case: `zh-Hans-CN` (RFC 5646, section 2.1.1)."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()


def by_language(resolver: F) -> F:
    """
    Mark a resolver of a single object that looks at nothing but the object, its arguments and the request's languages.

    What it returns may be kept with the object, and shown to whoever asks in these languages.
    """
    resolver.by_language = True  # type: ignore[attr-defined]  # functions take marks
    return resolver


def is_by_language(resolver: object) -> bool:
    """Return whether a resolver is marked so."""
    return getattr(resolver, "by_language", False) is True
