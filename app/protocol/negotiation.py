"""Which media type an answer takes, by the client's `Accept` (RFC 9110, 12.5.1; GraphQL over HTTP, 6.1)."""

from dataclasses import dataclass

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
EVENTS = "text/event-stream"
HTML = "text/html"

MOST_RANGES = 50
CHARSETS = ("utf-8", "utf8")


@dataclass(frozen=True, slots=True)
class Range:
    """A media range that the client takes, with its weight from 0 to 1."""

    kind: str
    weight: float

    def precision(self, media_type: str) -> int:
        """Return how precisely it names the media type: 3 by name, 2 by its first half, 1 by `*/*`, 0 not at all."""
        if self.kind == media_type:
            return 3
        if self.kind == f"{media_type.partition('/')[0]}/*":
            return 2
        return 1 if self.kind == "*/*" else 0


def accepted(header: str | None) -> list[Range]:
    """Return the ranges of an `Accept` header; without one, or an empty one, everything is taken."""
    if header is None or not header.strip():
        return [Range("*/*", 1.0)]
    return [_range(part) for part in header.split(",")[:MOST_RANGES] if part.strip()]


def weight_of(media_type: str, ranges: list[Range]) -> float:
    """Return how much the client wants the media type: the most precise range decides."""
    precise = max((one.precision(media_type) for one in ranges), default=0)
    if precise == 0:
        return 0.0
    return max(one.weight for one in ranges if one.precision(media_type) == precise)


def answer_type(ranges: list[Range]) -> str | None:
    """
    Return the media type of a plain answer, None when the client takes none that there is.

    Who takes anything gets `application/json`, who names the newer type as much as any other gets that.
    """
    named = [one for one in ranges if one.precision(GRAPHQL_JSON) == 3 and one.weight > 0]
    newer, older = weight_of(GRAPHQL_JSON, ranges), weight_of(JSON, ranges)
    if named and newer >= older:
        return GRAPHQL_JSON
    if older > 0:
        return JSON
    return GRAPHQL_JSON if newer > 0 else None


def wants_events(ranges: list[Range]) -> bool:
    """Return whether a stream of events may be the answer to a subscription."""
    return weight_of(EVENTS, ranges) > 0 and any(one.kind == EVENTS for one in ranges)


def prefers_events(ranges: list[Range]) -> bool:
    """Return whether events are wanted more than any plain answer, for a query, too; a mere mention does not do."""
    return weight_of(EVENTS, ranges) > max(weight_of(GRAPHQL_JSON, ranges), weight_of(JSON, ranges))


def wants_page(ranges: list[Range]) -> bool:
    """Return whether a browser asks for a page to look at: HTML by name, and not less than JSON."""
    html = weight_of(HTML, ranges)
    return any(one.kind == HTML for one in ranges) and html > 0 and html >= weight_of(JSON, ranges)


def is_json(content_type: str) -> bool:
    """Return whether a request's body says that it is JSON in UTF-8."""
    kind, _, parameters = content_type.partition(";")
    charset = _parameter(parameters, "charset")
    return kind.strip().lower() == JSON and (charset is None or charset in CHARSETS)


def _range(part: str) -> Range:
    kind, _, parameters = part.partition(";")
    return Range(kind.strip().lower(), _weight(_parameter(parameters, "q")))


def _weight(text: str | None) -> float:
    try:
        weight = 1.0 if text is None else float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0


def _parameter(parameters: str, name: str) -> str | None:
    for parameter in parameters.split(";"):
        key, equals, value = parameter.partition("=")
        if equals and key.strip().lower() == name:
            return value.strip().strip('"').lower()
    return None
