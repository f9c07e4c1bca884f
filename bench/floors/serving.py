"""How the floors are served: by uvicorn, set up as `kanava serve` does it."""

import os
from pathlib import Path
from typing import Any

import uvicorn


def answer() -> bytes:
    """Return the bytes that everything is answered with."""
    return Path(os.environ["BENCH_ANSWER"]).read_bytes()


def serve(app: Any) -> None:
    """Serve an application until told to stop."""
    port = int(os.environ["PORT"])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False, server_header=False)
