"""Pictures and documents of generated articles."""

from sandbox.data.articles import SHOWCASE, Article
from sandbox.data.dice import Dice
from sandbox.data.naming import name_of
from sandbox.protocol import Json

MEDIA = "https://media.example"
TITLES = {
    "BROCHURE": {"fi": "Esite", "en": "Brochure"},
    "MANUAL": {"fi": "Asennus- ja käyttöohje", "en": "Installation and operating manual"},
    "SAFETY_DATA_SHEET": {"fi": "Käyttöturvallisuustiedote", "en": "Safety data sheet"},
    "CERTIFICATE": {"fi": "Suoritustasoilmoitus", "en": "Declaration of performance"},
    "DRAWING": {"fi": "Mittapiirros", "en": "Dimensional drawing"},
}


def images_of(article: Article, dice: Dice) -> list[Json]:
    """Return up to three pictures; one article in twenty has none, none of the showcase."""
    without = article.index > SHOWCASE and dice.share("no-image", article.index) < 0.05
    count = 0 if without else dice.between(1, 3, "images", article.index)
    alt = name_of(article.make)
    folders = [article.sku if number == 1 else f"{article.sku}/{number}" for number in range(1, count + 1)]
    return [{"url": f"{MEDIA}/{folder}/{{width}}.{{format}}", "alt": alt} for folder in folders]


def documents_of(article: Article, dice: Dice) -> list[Json]:
    """Return the family's documents in Finnish, many in English too; drawings need no language."""
    documents = []
    for kind in article.family.documents:
        if kind == "DRAWING":
            documents.append(_document(article, kind, None))
            continue
        documents.append(_document(article, kind, "fi"))
        if dice.share("english", article.index, kind) < 0.6:
            documents.append(_document(article, kind, "en"))
    return documents


def _document(article: Article, kind: str, language: str | None) -> Json:
    slug = kind.lower().replace("_", "-") + (f"-{language}" if language else "")
    return {
        "id": f"{article.sku}-{slug}",
        "kind": kind,
        "title": TITLES[kind] if language is None else TITLES[kind][language],
        "language": language,
        "mime_type": "application/pdf",
        "url": f"{MEDIA}/{article.sku}/{slug}.pdf",
    }
