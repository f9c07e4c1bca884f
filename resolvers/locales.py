"""Languages: Kanava's own, and tags in the usual case."""

DEFAULT_LOCALES = ("fi", "en")


def canonical_tag(tag: str) -> str:
    """Return a language tag in the usual case: `zh-Hans-CN` (RFC 5646, section 2.1.1)."""
    first, *rest = tag.split("-")
    return "-".join([first.lower(), *(_subtag(part) for part in rest)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()
