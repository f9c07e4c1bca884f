"""`python -m bench.upstream PORT DOCUMENTS`: serve until told to stop; DOCUMENTS is a file of answers to GET."""

import asyncio
import signal
import sys
from pathlib import Path

import orjson
import uvloop

from bench.upstream.server import Connection, State


async def serve(port: int, documents: dict[str, bytes]) -> None:
    """Serve on a port of the loopback until SIGTERM."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    state = State(documents)
    server = await loop.create_server(lambda: Connection(state), "127.0.0.1", port, backlog=1024)
    await stopped.wait()
    server.close()


def main() -> None:
    """Read the arguments and serve."""
    documents = orjson.loads(Path(sys.argv[2]).read_bytes())
    uvloop.run(serve(int(sys.argv[1]), {path: orjson.dumps(body) for path, body in documents.items()}))


if __name__ == "__main__":
    main()
