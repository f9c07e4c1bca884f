"""
Automatic persisted queries: a client sends the hash of a text in the place of the text, once the text is known here.

As Apollo speaks it: `extensions.persistedQuery` has `version` 1 and `sha256Hash`, the SHA-256 of the text in lower-case
hex. Who gets PersistedQueryNotFound sends hash and text together, and from then on the hash alone.
"""

import hashlib
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from cachetools import LRUCache

from datasources.cache.store import Record, SharedStore
from resolvers.errors import BadInput, ClientError

EXTENSION = "persistedQuery"
KIND = "documents"
KEEP_FOR_S = 86_400.0
MAX_BYTES = 16 * 1024 * 1024
OVERHEAD_BYTES = 400
"""What a text costs beside itself: its hash, and its places in the dictionaries."""


class PersistedQueryNotFound(ClientError):
    """A hash whose text is not known. Clients look for this code, and for this message, to send the text then."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class Persisted(msgspec.Struct, rename="camel"):
    """What a client sends of a text."""

    version: Literal[1]
    sha256_hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]


class PersistedDocuments:
    """
    Texts by their hashes: at most `max_bytes` of them here, those longest unused go first; in `store` for a day.

    The store, if there is one, is asked for what is not known here: another replica may have been sent it.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, store: SharedStore | None = None) -> None:
        self._texts: LRUCache[str, str] = LRUCache(max_bytes, getsizeof=_weight_bytes)
        self._store = store

    async def text_of(self, extensions: Mapping[str, Any] | None, query: str | None) -> str:
        """
        Return the text that is meant.

        Raises:
            PersistedQueryNotFound: there is only a hash, of a text that is not known.
            BadInput: there is neither hash nor text, the hash is not that of the text, or the extension is malformed.
        """
        expected = _hash_in(extensions)
        if query is None:
            return await self._known(expected)
        if expected is not None and expected != hash_of(query):
            raise BadInput(f"extensions.{EXTENSION}.sha256Hash is not the SHA-256 of the query.")
        return query

    async def remember(self, extensions: Mapping[str, Any] | None, query: str | None) -> None:
        """
        Remember a text that came with its hash; nothing else is remembered.

        It is for the caller to have had its hash verified by `text_of`, and to have it parsed and validated: what can
        never be answered takes no room here.
        """
        expected = _hash_in(extensions)
        if expected is None or query is None:
            return
        self._keep(expected, query)
        if self._store is not None:
            # even when it is known here: the client would not have sent it, had it not been unknown to some replica
            await self._store.put_many([Record(_key(expected), KIND, None, (), query.encode(), KEEP_FOR_S)])

    async def _known(self, expected: str | None) -> str:
        if expected is None:
            raise BadInput(f"A request needs a query, or the hash of one as extensions.{EXTENSION}.")
        text = self._texts.get(expected)
        if text is None:
            text = await self._shared(expected)
            self._keep(expected, text)
        return text

    async def _shared(self, expected: str) -> str:
        found = await self._store.get_many([_key(expected)]) if self._store is not None else {}
        content = found.get(_key(expected))
        if content is None or hashlib.sha256(content).hexdigest() != expected:
            raise PersistedQueryNotFound
        return content.decode()

    def _keep(self, expected: str, text: str) -> None:
        if _weight_bytes(text) <= self._texts.maxsize:
            self._texts[expected] = text


def hash_of(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in lower-case hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_in(extensions: Mapping[str, Any] | None) -> str | None:
    given = (extensions or {}).get(EXTENSION)
    if given is None:
        return None
    try:
        return msgspec.convert(given, Persisted).sha256_hash
    except msgspec.ValidationError as error:
        raise BadInput(
            f"extensions.{EXTENSION} must have version 1 and sha256Hash, in lower-case hex: {error}."
        ) from None


def _key(expected: str) -> str:
    return f"{KIND}.{expected}"


def _weight_bytes(text: str) -> int:
    return sys.getsizeof(text) + OVERHEAD_BYTES
