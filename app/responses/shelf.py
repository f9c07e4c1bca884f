"""The answers of this process by question and viewer, under a ceiling in bytes."""

from collections import OrderedDict
from collections.abc import Hashable

from app.protocol.compression import packed
from app.responses.answer import Answer
from app.responses.question import Question
from app.responses.viewers import Viewer
from datasources.cache.memory import Share

MOST_SHARE = 16
"""An answer that weighs more than this part of all that there may be is not remembered."""
MOST_CHANCES = 8


class AnswerShelf:
    """
    Answers. Over what their `share` allows the oldest go, but what was served since it came is passed over once, as in
    the memory.

    `hits` were found, `dropped` ended with a value they were made of, `evicted` made room.
    """

    def __init__(self, share: Share) -> None:
        self.max_bytes = share.most_bytes
        self.bytes = 0
        self.hits = self.dropped = self.evicted = 0
        self._answers: dict[Question, dict[int, dict[Hashable, Answer]]] = {}
        self._order: OrderedDict[Answer, None] = OrderedDict()
        self._share = share

    def __len__(self) -> int:
        """Return how many answers there are."""
        return len(self._order)

    def get(self, question: Question, viewer: Viewer, now: float) -> Answer | None:
        """Return an answer that is good `now` (seconds since 1970) and may be shown to the viewer, None for none."""
        by_dependence = self._answers.get(question)
        if by_dependence is None:
            return None
        for depends_on, answers in by_dependence.items():
            answer = answers.get(viewer.part(depends_on))
            if answer is not None:
                return self._good(answer, now)
        return None

    def put(self, answer: Answer) -> None:
        """Keep an answer, in the place of an older one, unless it is too great."""
        if answer.size_bytes > self.max_bytes // MOST_SHARE:
            return
        older = self._answers.get(answer.question, {}).get(answer.depends_on, {}).get(answer.part)
        if older is not None:
            self._take_off(older)
        self._answers.setdefault(answer.question, {}).setdefault(answer.depends_on, {})[answer.part] = answer
        self._order[answer] = None
        answer.attach()
        self._grow(answer.size_bytes)

    def form(self, answer: Answer, coding: str) -> bytes:
        """Return the answer packed in this coding; packed once, and kept with it."""
        form = answer.forms.get(coding)
        if form is None:
            form = answer.forms[coding] = packed(answer.body, coding)
            if answer in self._order:
                self._grow(len(form))
        return form

    def ended(self, answer: Answer) -> None:
        """Forget an answer: one of the values that it was made of is remembered no more."""
        self.dropped += 1
        self._take_off(answer)
        self._share.takes(self.bytes)

    def _good(self, answer: Answer, now: float) -> Answer | None:
        if not answer.parts.since <= now < answer.parts.until:
            self._take_off(answer)
            self._share.takes(self.bytes)
            return None
        self.hits += 1
        answer.used = True
        return answer

    def _grow(self, size_bytes: int) -> None:
        self.bytes += size_bytes
        while self.bytes > self.max_bytes:
            self._take_off(self._oldest())
            self.evicted += 1
        self._share.takes(self.bytes)

    def _oldest(self) -> Answer:
        """Return the answer that makes room."""
        for _ in range(MOST_CHANCES):
            answer = next(iter(self._order))
            if not answer.used:
                break
            answer.used = False
            self._order.move_to_end(answer)
        return next(iter(self._order))

    def _take_off(self, answer: Answer) -> None:
        answer.detach()
        del self._order[answer]
        self.bytes -= answer.size_bytes
        by_dependence = self._answers[answer.question]
        answers = by_dependence[answer.depends_on]
        del answers[answer.part]
        if not answers:
            del by_dependence[answer.depends_on]
        if not by_dependence:
            del self._answers[answer.question]
