"""A whole answer that is remembered."""

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Protocol

from app.caching import etag_of
from app.responses.parts import Parts
from app.responses.question import Question
from app.responses.viewers import Viewer

OVERHEAD_BYTES = 1_500
"""What an answer costs beside its bytes and those of its question."""
ENTRY_BYTES = 150
"""What it costs that one of its values knows of it; measured: 70 where many answers share them, 220 where none do."""


class Home(Protocol):
    """Where answers are remembered."""

    def ended(self, answer: "Answer") -> None:
        """Hear that one of the values it was made of is remembered no more."""

    def form(self, answer: "Answer", coding: str) -> bytes:
        """Return it packed in this coding."""


@dataclass(slots=True, eq=False)
class Answer:
    """
    The bytes of an answer, and what is to be known of it.

    `depends_on` is what of the viewer it depends on, `part` that of those who may see it; `parts` are what it was
    made of. `forms` holds it packed, by coding; `used` is the shelf's mark.
    """

    body: bytes
    question: Question
    depends_on: int
    part: Hashable
    parts: Parts
    home: Home
    forms: dict[str, bytes] = field(default_factory=dict)
    used: bool = False
    _etag: str | None = None

    @property
    def size_bytes(self) -> int:
        """What it weighs, about."""
        own = len(self.body) + sum(map(len, self.forms.values()))
        asked = len(self.question.text) + len(self.question.variables)
        return OVERHEAD_BYTES + own + asked + ENTRY_BYTES * len(self.parts.entries)

    @property
    def etag(self) -> str:
        """Its entity tag; made when it is first wanted."""
        if self._etag is None:
            self._etag = etag_of(self.body)
        return self._etag

    def ages_for(self, viewer: Viewer) -> tuple[float, float]:
        """
        Return as of when it is, and until when fresh, for a viewer who is shown it: what HTTP caches are told.

        Who they are is one of its parts where an execution would have looked at it: when it depends on that, or they
        chose an account.
        """
        of = self.parts
        chosen = viewer.caller is not None and viewer.caller.account_number is not None
        as_of, fresh_until = of.as_of, of.fresh_until
        if self.depends_on or chosen:
            as_of = viewer.as_of if viewer.as_of < as_of else as_of
            fresh_until = viewer.fresh_until if viewer.fresh_until < fresh_until else fresh_until
        return as_of, fresh_until

    def packed(self, coding: str) -> bytes:
        """Return it packed in this coding (`app.protocol.compression`); that is done once."""
        return self.home.form(self, coding)

    def end(self) -> None:
        """Be told that a value it was made of is remembered no more."""
        self.home.ended(self)

    def attach(self) -> None:
        """Have the values it was made of know of it."""
        for entry in self.parts.entries:
            entry.add_dependent(self)

    def detach(self) -> None:
        """Have them forget it."""
        for entry in self.parts.entries:
            entry.remove_dependent(self)
