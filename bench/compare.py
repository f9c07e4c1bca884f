"""Whether servers say the same: answers as parsed JSON."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

TAKES_AT_MOST_S = 15.0
MOST_SHOWN = 40


def ask(url: str, body: bytes, headers: Mapping[str, str]) -> Any:
    """Return the parsed answer, whatever its status; text for what is not JSON."""
    common = {"content-type": "application/json", "accept": "application/json"}
    request = urllib.request.Request(url, body, {**common, **headers})
    try:
        with urllib.request.urlopen(request, timeout=TAKES_AT_MOST_S) as response:
            said = response.read()
    except urllib.error.HTTPError as error:
        said = error.read()
    except OSError as error:
        return str(error)
    try:
        return json.loads(said)
    except ValueError:
        return said.decode(errors="replace")


def as_sent(answer: Any) -> bytes:
    """Return a parsed answer as it is written without blanks."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def difference(expected: Any, said: Any, path: str = "") -> str | None:
    """Return where and how an answer first differs from what is expected; None: it does not."""
    if isinstance(expected, dict) and isinstance(said, dict):
        keys = [*expected, *(key for key in said if key not in expected)]
        return _first(difference(expected.get(key), said.get(key), f"{path}.{key}") for key in keys)
    if isinstance(expected, list) and isinstance(said, list) and len(expected) == len(said):
        pairs = enumerate(zip(expected, said, strict=True))
        return _first(difference(one, other, f"{path}[{index}]") for index, (one, other) in pairs)
    if expected == said and type(expected) is type(said):
        return None
    return f"{path or 'the answer'}: {_short(said)} instead of {_short(expected)}"


def _first(differences: Any) -> str | None:
    return next((one for one in differences if one is not None), None)


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]} ..."
