"""
Collections of garbage that stay short, however much is remembered.

Python looks through all that lives for garbage that refers to itself whenever a quarter more has come to live long, and
everything stands still meanwhile: 5 us for each value remembered, seconds for a million. So what a long collection has
found alive is not looked through again (`gc.freeze`). It is freed as ever when nothing refers to it any more.

What is new is looked through after every `NEW_ONES`, not every 700, which is less than one call of a system brings:
most of what a request makes is gone by then, and need not be looked at.
"""

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

LONG_S = 0.02
"""How much of the processor a collection may take before what it left is set aside."""
NEW_ONES = 20_000
OLDEST = 2
"""The generation that a collection of everything is one of."""


class Collections:
    """What Python calls before and after each collection; `cpu_s` tells the processor's time, in seconds."""

    def __init__(self, cpu_s: Callable[[], float], set_aside: Callable[[], None]) -> None:
        self._cpu_s = cpu_s
        self._set_aside = set_aside
        self._began_s = 0.0

    def __call__(self, phase: Literal["start", "stop"], info: Mapping[str, Any]) -> None:
        """Note how long it takes."""
        if info["generation"] != OLDEST:
            return
        if phase == "start":
            self._began_s = self._cpu_s()
        elif self._cpu_s() - self._began_s > LONG_S:
            self._set_aside()


@contextmanager
def short_collections() -> Iterator[None]:
    """Keep collections short in this process meanwhile."""
    collections, (new_ones, *older) = Collections(time.thread_time, gc.freeze), gc.get_threshold()
    gc.callbacks.append(collections)
    gc.set_threshold(NEW_ONES, *older)
    try:
        yield
    finally:
        gc.set_threshold(new_ones, *older)
        gc.callbacks.remove(collections)
        gc.unfreeze()
