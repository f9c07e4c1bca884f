"""Where things are."""

from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
PEERS = HERE / "peers"
FOLDER = ROOT / "var" / "bench"
"""For what is made while it runs."""
