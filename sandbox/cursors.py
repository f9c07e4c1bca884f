"""Keyset cursors: where a page ended, so that it stays good while products come and go."""

import base64
import binascii

import orjson

Mark = tuple[int | str, str]


class BadCursor(Exception):
    """A cursor that is not one of ours, or belongs to another sort."""


def cursor_of(sort: str, mark: Mark) -> str:
    return base64.urlsafe_b64encode(orjson.dumps([sort, *mark])).decode().rstrip("=")


def mark_of(cursor: str, sort: str) -> Mark:
    """
    Return where a cursor points in its sort.

    Raises:
        BadCursor: it is not one of ours, or of another sort.
    """
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        made_for, place, sku = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, binascii.Error) as problem:
        raise BadCursor from problem
    if made_for != sort:
        raise BadCursor
    if not isinstance(sku, str) or type(place) is not (str if sort == "NAME" else int):
        raise BadCursor
    return place, sku
