"""`python -m bench.curves`: measure all curves, print them, and write them to `bench/CURVES.md`."""

import argparse
import os
import platform

import uvloop

from bench.curves import listings, remembering, workers
from bench.curves.curve import Curve, printed
from bench.places import HERE
from bench.say import say

HEAD = """# Cost curves

Written by `python -m bench.curves` (Python {python}, {cores} cores, load {load:.1f} when it began). What a unit of work
costs should be the same at every size. It is time of the processor, in one process without a network; but for the last
table.

"""


async def curves() -> list[Curve]:
    """Return all curves that are measured in this process."""
    return [
        *remembering.by_keys(),
        remembering.by_callers(),
        await listings.by_page(),
        await listings.by_customers(),
        await listings.by_catalogue(),
    ]


def main() -> None:
    """Measure."""
    argparse.ArgumentParser(prog="python -m bench.curves", description=__doc__).parse_args()
    head = HEAD.format(python=platform.python_version(), cores=os.cpu_count(), load=os.getloadavg()[0])
    served = workers.by_workers()
    text = head + printed(uvloop.run(curves())) + "\n" + "\n".join(workers.lines(served) if served else ())
    say(text)
    (HERE / "CURVES.md").write_text(text.rstrip() + "\n")


if __name__ == "__main__":
    main()
