"""
The journal against a model: whatever is ordered, forwarded and decided, in any order, with crashes anywhere.

A crash leaves what the file and its log are at some moment: before a statement, before a commit, or between two steps.
It is made by a copy of both, with which the journal goes on.
"""

import os
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest
from sqlalchemy import Engine, event

from datasources.journal.claims import MOST_FAULTS
from datasources.journal.database import open_journal
from datasources.journal.journal import CaptureFilter, Claim, IdempotencyConflict, NotPossible, Outcome, StaleRevision
from datasources.journal.sql import SqlJournal
from datasources.model.captures import Capture, CaptureState, Difference
from datasources.model.orders import Objection
from tests.datasources.fakes import FakeClock
from tests.datasources.journal.model import Model
from tests.datasources.journal.orders import cart, draft, draft_line, euro, order, simulation

T = TypeVar("T")

STEPS = int(os.environ.get("KANAVA_TEST_STEPS", "3000")) // 10
"""A tenth of what models without a database take: a step takes 25 ms."""
STEPS_A_RUN = 100
MOST_STATEMENTS = 9
"""How many statements and commits a step has at the most."""
LEASE_S = 30
ANSWERS = (IdempotencyConflict, NotPossible, StaleRevision)
OUTCOMES = [
    Outcome(CaptureState.ACCEPTED, order_number="SO-1"),
    Outcome(CaptureState.ACCEPTED, order_number="SO-2", differences=[Difference("1", "net", "1.00", "2.00")]),
    Outcome(CaptureState.NEEDS_CONFIRMATION, simulation=simulation("12.00")),
    Outcome(CaptureState.NEEDS_CONFIRMATION, simulation=simulation("13.00")),
    Outcome(CaptureState.REJECTED, objections=[Objection("CREDIT_HOLD", "Blocked.", None)]),
]
MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""Where files are fast: what these keep need not last."""


class Play:
    """Does to a journal and to its model the same, as a seed has it, and compares all that they know."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.random = Random(seed)
        self.folder = folder
        self.files = 0
        self.clock = FakeClock()
        self.model = Model()
        self.claims: list[Claim] = []
        self.unused = 0
        self.done: Counter[str] = Counter()

    @property
    def file(self) -> Path:
        return self.folder / f"{self.files}.db"

    @property
    def next_file(self) -> Path:
        return self.folder / f"{self.files + 1}.db"

    async def play(self) -> None:
        await self.open()
        rules: dict[Callable[[], Awaitable[None]], int] = {
            self.save_cart: 4,
            self.place: 16,
            self.claim: 12,
            self.claim_one: 4,
            self.finish: 10,
            self.release: 6,
            self.confirm: 4,
            self.decline: 2,
            self.cancel: 2,
            self.retry: 4,
            self.poison: 2,
            self.wait: 6,
            self.crash: 2,
        }
        for rule in self.random.choices(list(rules), list(rules.values()), k=STEPS_A_RUN):
            await rule()
            await self.compare()
        await self.opened.__aexit__(None, None, None)

    async def open(self) -> None:
        self.opened: AbstractAsyncContextManager[SqlJournal] = open_journal(f"sqlite:///{self.file}")
        self.journal = await self.opened.__aenter__()

    async def step(self, work: Awaitable[T], expected: Callable[[], T]) -> T | None:
        """Do a step, that ends as the model says or in a crash; return what it gave, None after a crash."""
        before, moment = self.model.copy(), self.random.randint(1, 8 * MOST_STATEMENTS)
        copying = CopyBefore(moment, self.file, self.next_file)
        try:
            with copying:
                result = await work
        except ANSWERS as answer:
            self.expect_answer(answer, expected)
            result = None
        else:
            assert result == expected()
        if copying.is_done:
            self.model, result = before, None
            await self.go_on_with_copy()
        return result

    def expect_answer(self, answer: Exception, expected: Callable[[], object]) -> None:
        self.done[type(answer).__name__] += 1
        with pytest.raises(type(answer)) as other:
            expected()

        assert vars(other.value) == vars(answer)

    async def go_on_with_copy(self) -> None:
        """Let the old process go, and open what it left."""
        self.done["crashed"] += 1
        await self.opened.__aexit__(None, None, None)
        self.files += 1
        await self.open()

    async def compare(self) -> None:
        """Check that the journal knows what the model knows."""
        captures = await self.journal.list_captures(CaptureFilter(), first=1000)
        events = await self.journal.events(most=10_000)

        assert {capture.id: capture for capture in captures} == self.model.captures
        assert [(event.kind, event.capture_id) for event in events] == self.model.events
        for account in "ABC":
            assert await self.journal.cart_of(account) == self.model.carts.get(account)
        for account, key in list(self.model.keys)[-1:]:
            fingerprint, id = self.model.keys[account, key]
            assert await self.journal.earlier(account, key, fingerprint) == self.model.captures[id]

    def key(self) -> tuple[str, str]:
        """Return a key, most often one that was never used, and a fingerprint."""
        self.unused += 1
        key = self.random.choice(["k1", "k2", *[f"unused {self.unused}"] * 4])
        return key, self.random.choice(["p1", "p1", "p2"])

    def some(self, state: CaptureState) -> Capture | None:
        """Return a capture, most often one that is in a state, if there are any."""
        known = list(self.model.captures.values())
        likely = [capture for capture in known if capture.state is state and self.random.random() < 0.9]
        return self.random.choice(likely or known) if known else None

    async def save_cart(self) -> None:
        """Somebody changes a cart, perhaps from a revision that is not the latest."""
        account = self.random.choice("AABBC")
        known = self.model.carts.get(account) or cart(account)
        behind = self.random.choice([0, 0, 1])
        changed = replace(known, revision=max(0, known.revision - behind), changed_at=self.clock.now())
        await self.step(self.journal.save_cart(changed), lambda: self.model.save_cart(changed))

    async def place(self) -> None:
        """Somebody orders a cart, perhaps one that has changed, or that does not exist."""
        account, (key, fingerprint) = self.random.choice("AAABBBC"), self.key()
        of = self.model.carts.get(account) or cart(account)
        of = replace(of, revision=of.revision - (self.random.random() < 0.1))
        new = order(of, key, fingerprint, promised=simulation() if fingerprint == "p1" else None)
        now, made = self.clock.now(), list[Capture]()

        async def placed() -> Capture:
            made.append(await self.journal.capture(new, now))
            return made[0]

        await self.step(placed(), lambda: self.model.may_capture(new) or self.model.capture(new, now, made[0]))

    async def claim(self) -> None:
        """A forwarder takes what is due."""
        now, most = self.clock.now(), self.random.randint(1, 3)
        await self.take(self.model.due(now)[:most], self.journal.claim("me", now, lease_s=LEASE_S, most=most))

    async def claim_one(self) -> None:
        """A forwarder wants a certain capture."""
        if (wanted := self.some(CaptureState.JOURNALED)) is not None:
            await self.take_one(wanted)

    async def take_one(self, wanted: Capture) -> None:
        now = self.clock.now()

        async def claimed() -> list[Claim]:
            claim = await self.journal.claim_one(wanted.id, "me", now, lease_s=LEASE_S)
            return [] if claim is None else [claim]

        await self.take([capture for capture in self.model.due(now) if capture.id == wanted.id], claimed())

    async def take(self, due: list[Capture], work: Awaitable[Any]) -> None:
        now, given = self.clock.now(), list[Claim]()

        async def claimed() -> list[Claim]:
            given.extend(await work)
            return given

        def expected() -> list[Claim]:
            return self.model.claim(due, given[0].token if given else "", now, LEASE_S)

        self.claims += await self.step(claimed(), expected) or []

    async def finish(self) -> None:
        """A forwarder, perhaps a late one, says what the ERP answered."""
        if self.claims:
            claim, outcome, now = self.a_claim(), self.random.choice(OUTCOMES), self.clock.now()
            finished = self.journal.finish(claim, outcome, now)
            await self.step(finished, lambda: self.model.finish(claim, outcome, now))

    async def release(self) -> None:
        """A forwarder, perhaps a late one, gives a claim back."""
        if self.claims:
            await self.give_back(self.a_claim(), fault=self.random.random() < 0.7)

    async def give_back(self, claim: Claim, *, fault: bool) -> None:
        now, sent = self.clock.now(), self.random.random() < 0.5
        again = now + timedelta(seconds=self.random.choice([0, 0, 5, 60]))
        said: dict[str, Any] = {"error": "no", "sent": sent, "fault": fault, "next_attempt_at": again}
        await self.step(self.journal.release(claim, now, **said), lambda: self.model.release(claim, **said))

    async def poison(self) -> None:
        """An order fails again and again."""
        wanted = self.some(CaptureState.JOURNALED)
        if wanted is None:
            return
        for _ in range(MOST_FAULTS):
            self.clock.advance(60)
            await self.take_one(wanted)
            if self.claims:
                await self.give_back(self.claims[-1], fault=True)

    def a_claim(self) -> Claim:
        return self.random.choice(self.claims[-3:])

    async def confirm(self) -> None:
        """A buyer confirms, with the prices that they know now."""
        if (capture := self.some(CaptureState.NEEDS_CONFIRMATION)) is not None:
            (key, fingerprint), now, dearer = self.key(), self.clock.now(), draft(draft_line(unit_price=euro("12.00")))
            confirmed = self.journal.confirm(capture.id, dearer, capture.account, key, fingerprint, now)
            await self.step(confirmed, lambda: self.model.confirm(capture.id, dearer, key, fingerprint, now))

    async def decline(self) -> None:
        """A buyer declines."""
        if (capture := self.some(CaptureState.NEEDS_CONFIRMATION)) is not None:
            key, fingerprint = self.key()
            declined = self.journal.decline(capture.id, capture.account, key, fingerprint, self.clock.now())
            await self.step(declined, lambda: self.model.decline(capture.id, key, fingerprint))

    async def cancel(self) -> None:
        """An operator cancels."""
        if (capture := self.some(CaptureState.JOURNALED)) is not None:
            cancelled = self.journal.cancel(capture.id, self.clock.now(), "a mistake")
            await self.step(cancelled, lambda: self.model.cancel(capture.id))

    async def retry(self) -> None:
        """An operator has one tried anew."""
        if (capture := self.some(CaptureState.REJECTED)) is not None:
            now = self.clock.now()
            await self.step(self.journal.retry(capture.id, now), lambda: self.model.retry(capture.id, now))

    async def wait(self) -> None:
        """Time passes."""
        self.clock.advance(self.random.choice([1.0, 29.5, 30.0, 90.0]))

    async def crash(self) -> None:
        """The process ends between two steps."""
        copy_of(self.file, self.next_file)
        await self.go_on_with_copy()


class CopyBefore:
    """Copies a file as it is before the how-manieth statement or commit, if so many come."""

    def __init__(self, moment: int, file: Path, to: Path) -> None:
        self._left, self._file, self._to = moment, file, to
        self.is_done = False

    def __enter__(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._come)
        event.listen(Engine, "commit", self._come)

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._come)
        event.remove(Engine, "commit", self._come)

    def _come(self, *_: object) -> None:
        self._left -= 1
        if self._left == 0:
            copy_of(self._file, self._to)
            self.is_done = True


def copy_of(file: Path, to: Path) -> None:
    """Copy what a process leaves that ends now: the file, and its log."""
    for ending in ("", "-wal"):
        with suppress(FileNotFoundError):
            shutil.copy(f"{file}{ending}", f"{to}{ending}")


async def test_the_journal_is_as_its_model() -> None:
    """Whatever happens, the journal knows what its model knows; KANAVA_TEST_STEPS says for how many steps, times ten."""
    done: Counter[str] = Counter()
    for seed in range(max(1, STEPS // STEPS_A_RUN)):
        with TemporaryDirectory(dir=MEMORY) as folder:
            play = Play(seed, Path(folder))
            try:
                await play.play()
            except AssertionError as error:
                error.add_note(f"seed {seed}")
                raise
            done += play.done + Counter(kind for kind, _ in play.model.events)

    # that there was something to compare: refusals of every kind, crashes, and every kind of event
    assert sorted(done) == [
        "IdempotencyConflict",
        "NotPossible",
        "StaleRevision",
        "accepted",
        "cancelled",
        "captured",
        "confirmed",
        "crashed",
        "declined",
        "deferred",
        "forwarding",
        "needs_confirmation",
        "rejected",
        "retried",
    ]
