"""`python -m bench`: measure, print the ratios and write the report."""

import argparse
import os
import shutil
import signal
import sys
from pathlib import Path

from bench import tools
from bench.lineup import LINEUP
from bench.places import HERE
from bench.report import ratios, report
from bench.rounds import Plan
from bench.rows import ROWS
from bench.run import available, run
from bench.say import say

SHORT, FULL = (3, 2), (5, 5)
"""Rounds, and seconds of each."""
WARM_UP_S = 2


def main() -> None:
    """Read the arguments, measure, print and write."""
    asked = _arguments().parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    tools.install()
    wrk = shutil.which("wrk")
    if wrk is None:
        raise SystemExit("bench: there is no wrk here: install it (apt-get install wrk)")
    rounds, seconds = FULL if asked.full else SHORT
    plan = Plan(wrk, asked.rounds or rounds, asked.seconds or seconds, WARM_UP_S, asked.full or bool(asked.peers))
    rows = [row for row in ROWS if (row.name in asked.rows if asked.rows else asked.full or row.essential)]
    load = [os.getloadavg()]
    results = run(rows, asked.peers or [peer.name for peer in available()], plan)
    load.append(os.getloadavg())
    say(f"\n{ratios(results)}")
    asked.output.write_text(report(results, plan, load))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all rows, more and longer rounds")
    parser.add_argument("--rows", nargs="+", choices=[row.name for row in ROWS], help="only these rows")
    parser.add_argument("--peers", nargs="+", choices=[peer.name for peer in LINEUP], help="Kanava and only these")
    parser.add_argument("--rounds", type=int, help="how many rounds")
    parser.add_argument("--seconds", type=int, help="how long a round lasts")
    parser.add_argument("--output", type=Path, default=HERE / "RESULTS.md", help="where the report is written")
    return parser


if __name__ == "__main__":
    main()
