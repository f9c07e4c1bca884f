"""The field of one stage: every peer that takes part, started, told what to send it, and stopped."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import compare
from bench.lineup import ANSWER, COLD, KANAVA, Peer, Place
from bench.load import Load
from bench.measure import Used, used_by
from bench.rows import ROWS, Row
from bench.servers import Server
from bench.upstream import data

FIRST_PORT = 18410


@dataclass(frozen=True, slots=True)
class Contender:
    """A peer that is running."""

    peer: Peer
    place: Place
    server: Server
    tokens: Sequence[str]

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.place.port}{self.peer.path}"

    def headers(self, customer: int) -> dict[str, str]:
        """Return what says who asks: a token where it is verified, else a header that is trusted."""
        if not self.peer.verifies_tokens:
            return {"x-person": data.person(customer)}
        bearer = {"authorization": f"Bearer {self.tokens[customer - 1]}"}
        # how Kanava is asked not to serve what it remembers
        return bearer | {"kanava-max-age": "0"} if self.place.mode == COLD else bearer

    def ask(self, row: Row, customer: int, *, first: int | None = None) -> Any:
        """Return its parsed answer."""
        return compare.ask(self.url, row.body(first), self.headers(customer))

    def load(self, row: Row) -> Load:
        """Return the load of a row, in files."""
        body, headers = self.place.folder / "body.json", self.place.folder / "headers.txt"
        body.write_bytes(row.body())
        lines = ("|".join(f"{n}: {v}" for n, v in self.headers(c).items()) for c in range(1, row.customers + 1))
        headers.write_text("\n".join(lines) + "\n")
        return Load(self.url, body, headers, row.connections)

    def used(self) -> Used:
        """Return what it has used so far."""
        return used_by(self.server.pid)


@contextmanager
def running(
    peers: Sequence[Peer], mode: str, *, tokens: Sequence[str], cores: set[int], folder: Path
) -> Iterator[list[Contender]]:
    """Run the peers side by side; Kanava first, for the floors answer what it does."""
    with ExitStack() as stack:
        contenders = []
        for number, peer in enumerate(peers):
            place = Place(FIRST_PORT + number, folder / peer.name, mode)
            place.folder.mkdir(parents=True)
            server = Server(peer.start(place), cores, place.folder / "server.log")
            stack.callback(server.stop)
            server.wait_until_alive()
            contenders.append(Contender(peer, place, server, tokens))
            if peer is KANAVA and any(one.floor for one in peers):
                (folder / ANSWER).write_bytes(compare.as_sent(contenders[0].ask(ROWS[0], 1)))
        yield contenders
