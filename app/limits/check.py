"""The limits, and what is said when one is exceeded."""

from dataclasses import dataclass

from graphql import DocumentNode, Lexer, Source, TokenKind
from strawberry.utils.str_converters import to_camel_case

from app.limits.lists import MOST
from app.limits.measure import Measure
from app.limits.survey import survey
from resolvers.errors import BadInput, Excess, LimitExceeded

MOST_DIGITS = 1_000


@dataclass(frozen=True, slots=True)
class Limits:
    """
    How much is allowed. Of a text: `characters`, `tokens` (comments are some) and `brackets` in one another.

    Of a document: `nesting`, its selection sets in one another, those of fragments included; `overlaps`, see `Survey`.
    Of an operation, see `Measure`: the rest.
    """

    characters: int = 50_000
    tokens: int = 5_000
    brackets: int = 64
    nesting: int = 50
    overlaps: int = 20_000
    depth: int = 20
    root_fields: int = 30
    fields: int = 2_000
    aliases: int = 100
    directives: int = 100
    list_items: int = 1_000
    variables: int = 10_000
    cost: int = 12_000
    values: int = 75_000


TOLD = {
    "characters": "A document may have at most {most} characters; it has {figure}.",
    "tokens": "A document may have at most {most} tokens; it has {figure}.",
    "brackets": "A document may have at most {most} brackets in one another; it has {figure}.",
    "nesting": "A document may have at most {most} selection sets in one another, fragments included; it has {figure}.",
    "overlaps": "A document may have at most {most} pairs of fields of one name; it has {figure}.",
    "depth": "An operation may have at most {most} levels of fields; it has {figure}.",
    "root_fields": "An operation may have at most {most} fields at its root; it has {figure}.",
    "fields": "An operation may have at most {most} fields, fragments included; it has {figure}.",
    "aliases": "An operation may have at most {most} aliases, fragments included; it has {figure}.",
    "directives": "An operation may have at most {most} directives, fragments included; it has {figure}.",
    "list_items": "A list may have at most {most} entries, an object as many members; the longest sent has {figure}.",
    "variables": "Variables may have at most {most} values in all; there are {figure} or more.",
    "cost": "An operation may cost at most {most}; it costs {figure}. Ask for smaller pages, or for fewer fields.",
    "values": "An answer may have at most {most} fields; it could have {figure}. Ask for smaller pages.",
}
OF_OPERATION = ("depth", "root_fields", "fields", "aliases", "directives", "list_items", "variables", "cost", "values")
OPENING = frozenset({TokenKind.BRACE_L, TokenKind.BRACKET_L, TokenKind.PAREN_L})
NUMBERS = frozenset({TokenKind.INT, TokenKind.FLOAT})
CLOSING = frozenset({TokenKind.BRACE_R, TokenKind.BRACKET_R, TokenKind.PAREN_R})


def check_text(text: str, limits: Limits) -> int:
    """
    Return how many tokens a document has; nothing is read beyond the first that is too many or nested too deeply.

    Raises:
        BadInput: a number in it is too long to be one; Python does not read it either.
        LimitExceeded: it is too long, or nested so deeply that parsing it could fail.
        GraphQLSyntaxError: it has something that is no token.
    """
    _check("characters", len(text), limits)
    lexer = Lexer(Source(text))
    token, tokens, brackets = lexer.token, 0, 0
    while True:
        # not `advance`, which passes over any number of comments
        token = lexer.read_next_token(token.end)
        if token.kind is TokenKind.EOF:
            return tokens
        tokens += 1
        if token.kind in NUMBERS and token.end - token.start > MOST_DIGITS:
            raise BadInput(f"A number may have at most {MOST_DIGITS} characters; one has {token.end - token.start}.")
        brackets += (token.kind in OPENING) - (token.kind in CLOSING)
        if tokens > limits.tokens:
            raise _exceeded("tokens", limits.tokens, tokens, or_more=True)
        if brackets > limits.brackets:
            raise _exceeded("brackets", limits.brackets, brackets, or_more=True)


def check_overlaps(document: DocumentNode, limits: Limits) -> None:
    """
    Check that a document is not too dear to validate.

    Raises:
        LimitExceeded: it is.
        BadInput: fragments spread each other in a circle, or two have one name.
    """
    surveyed = survey(document)
    _check("nesting", surveyed.nesting, limits)
    _check("overlaps", surveyed.overlaps, limits)


def check(measure: Measure, limits: Limits) -> None:
    """
    Check that an operation does not ask for too much.

    Raises:
        LimitExceeded: it does; the message names the first limit that it exceeds.
    """
    for name in OF_OPERATION:
        _check(name, getattr(measure, name), limits)


def _check(name: str, figure: int, limits: Limits) -> None:
    most: int = getattr(limits, name)
    if figure > most:
        raise _exceeded(name, most, figure, or_more=figure >= MOST)


def _exceeded(name: str, most: int, figure: int, *, or_more: bool) -> LimitExceeded:
    told = TOLD[name].format(most=most, figure=f"{figure} or more" if or_more else figure)
    return LimitExceeded(told, Excess(to_camel_case(name), most, figure))
