"""The page as a reader sees it."""

import re
from dataclasses import dataclass
from html import unescape


@dataclass
class Status:
    """What a reader sees of the page."""

    html: str

    @property
    def mode(self) -> str:
        return self._between('<p class="mode">', "</p>")

    @property
    def sentence(self) -> str:
        return self._between('<p class="sentence">', "</p>")

    @property
    def text(self) -> str:
        return text_of(self.html)

    def cards(self) -> list[str]:
        """Return what is told of each system, in order."""
        return [text_of(f"<li {card.partition('</li>')[0]}") for card in self.html.split('<li class="card')[1:]]

    def card(self, system: str) -> str:
        (card,) = [card for card in self.cards() if card.split()[0] == system]
        return card

    def values(self) -> list[str]:
        """Return the rows on values."""
        return [text_of(row.partition("</tr>")[0]) for row in self.html.partition("</thead>")[2].split("<tr>")[1:]]

    def capabilities(self) -> list[str]:
        listed = self.html.partition('<ul class="capabilities">')[2].partition("</ul>")[0]
        return [text_of(item) for item in listed.split("<li>")[1:]]

    def _between(self, start: str, end: str) -> str:
        return text_of(self.html.partition(start)[2].partition(end)[0])


def text_of(html: str) -> str:
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return re.sub(r" ([.,:;])", r"\1", text)
