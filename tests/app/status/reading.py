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
        """The sentences at the top: one for each system in trouble, or one that all is well."""
        return " ".join(text_of(part.partition("</p>")[0]) for part in self.html.split('<p class="sentence">')[1:])

    @property
    def top(self) -> str:
        """All that stands above what works."""
        return self._between('<p class="mode">', "<h2>")

    @property
    def text(self) -> str:
        return text_of(self.html)

    def cards(self, of: str = "cards systems") -> list[str]:
        """Return what is told of each system, in order."""
        listed = self.html.partition(f'<ul class="{of}">')[2].partition("</ul>")[0]
        return [text_of(f"<li {card.partition('</li>')[0]}") for card in listed.split('<li class="card')[1:]]

    def card(self, system: str) -> str:
        (card,) = [card for card in self.cards() if card.split()[0] == system]
        return card

    def kept(self) -> list[str]:
        """Return what is told of memory and of the shared store."""
        return self.cards("cards kept")

    def orders(self) -> str:
        """Return what is told of the journal."""
        (card,) = self.cards("cards orders")
        return card

    def values(self) -> list[str]:
        """Return the rows on values."""
        return self._rows("kinds")

    def ages(self) -> list[str]:
        """Return the rows on how long values are good for."""
        return self._rows("ages")

    def capabilities(self) -> list[str]:
        listed = self.html.partition('<ul class="capabilities">')[2].partition("</ul>")[0]
        return [text_of(item) for item in listed.split("<li>")[1:]]

    def _rows(self, table: str) -> list[str]:
        rows = self.html.partition(f'<table class="{table}">')[2].partition("</table>")[0].partition("</thead>")[2]
        return [text_of(row.partition("</tr>")[0]) for row in rows.split("<tr>")[1:]]

    def _between(self, start: str, end: str) -> str:
        return text_of(self.html.partition(start)[2].partition(end)[0])


def text_of(html: str) -> str:
    text = " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())
    return re.sub(r" ([.,:;])", r"\1", text)
