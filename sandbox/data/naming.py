"""Names, descriptions and attributes of generated articles."""

from dataclasses import dataclass
from functools import lru_cache

from sandbox.data.articles import Make
from sandbox.data.texts import Text, in_language, text

BRAND = text("Tuotemerkki", "Brand", "Varumärke")


@dataclass(frozen=True, slots=True)
class Value:
    """One value of an attribute: what filters take, and how people read it."""

    code: str
    label: Text


@dataclass(frozen=True, slots=True)
class Attribute:
    code: str
    name: Text
    values: tuple[Value, ...]
    unit: str | None = None


@lru_cache(maxsize=32_768)
def name_of(make: Make) -> dict[str, str]:
    """Return the article's name in each language that its family has a name in."""
    names = make.family.name
    assert not isinstance(names, str)
    suffix = f" {make.brand}" if make.brand_in_name else ""
    suffix += f" S{make.series}" if make.series > 1 else ""
    return {language: names[language].format_map(_figures(make, language)) + suffix for language in names}


def description_of(make: Make) -> dict[str, str]:
    descriptions = make.family.description
    assert not isinstance(descriptions, str)
    closing = {"fi": f" Valmistaja {make.brand}.", "en": f" Made by {make.brand}."}
    return {
        language: _sentence(template.format_map(_figures(make, language))) + closing[language]
        for language, template in descriptions.items()
    }


@lru_cache(maxsize=32_768)
def attributes_of(make: Make) -> tuple[Attribute, ...]:
    own = [
        Attribute(axis.code, axis.name, (Value(choice.code, choice.label),), axis.unit)
        for axis, choice in zip(make.family.axes, make.choices, strict=True)
    ]
    shared = [
        Attribute(fact.code, fact.name, (Value(fact.choice.code, fact.choice.label),), fact.unit)
        for fact in make.family.facts
    ]
    return (*own, *shared, Attribute("brand", BRAND, (Value(make.brand, make.brand),)))


def _figures(make: Make, language: str) -> dict[str, str]:
    figures = {fact.code: in_language(fact.choice.label, language) for fact in make.family.facts}
    for axis, choice in zip(make.family.axes, make.choices, strict=True):
        figures[axis.code] = in_language(choice.label, language)
    return figures


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
