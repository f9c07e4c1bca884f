"""Which questions were asked lately: an answer is worth remembering when it is asked for again and again."""

from app.responses.question import Question
from app.responses.viewers import WIDEST_FIRST, Viewer

LATELY_S = 15.0
MOST_SIGHTINGS = 20_000


class Sightings:
    """
    What was answered within the last `LATELY_S` seconds, or up to twice that; so many at most, by their hashes alone.

    Two that hash alike are taken for one another: then an answer is remembered sooner than it is worth, no more.
    """

    def __init__(self) -> None:
        self._new: set[int] = set()
        self._old: set[int] = set()
        self._turns_at = 0.0

    def note(self, question: Question, viewer: Viewer, depends_on: int, now: float) -> None:
        """Note that it was answered, and what the answer depends on."""
        if now >= self._turns_at or len(self._new) >= MOST_SIGHTINGS:
            self._old = self._new if now < self._turns_at + LATELY_S else set()
            self._new, self._turns_at = set(), now + LATELY_S
        self._new.add(hash((question, depends_on, viewer.part(depends_on))))

    def has(self, question: Question, viewer: Viewer, now: float) -> bool:
        """Return whether this viewer, or one whom the same answer suits, was given it lately."""
        if now >= self._turns_at + LATELY_S:
            return False
        return any(
            (sighting := hash((question, depends_on, viewer.part(depends_on)))) in self._new or sighting in self._old
            for depends_on in WIDEST_FIRST
        )
