"""Codes that people type: SKU, GTIN, their own part number, or one that has been superseded."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from datasources.errors import SourceError
from datasources.model.catalog import CodeHit, CodeMatch, MatchKind, Product
from datasources.model.pricing import PartNumberCode
from resolvers.access import acting_account
from resolvers.catalog import existing
from resolvers.context import RequestContext
from resolvers.errors import Forbidden, LimitExceeded
from resolvers.ids import MOST_KEY_CHARACTERS

MOST_CODES = 500


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code and the client's name for the line."""

    key: str
    code: str


Meaning = Sequence[CodeHit] | SourceError
"""What a code means, or why that is not known."""


async def products_by_code(context: RequestContext, lines: Sequence[CodeLine]) -> Sequence[CodeMatch]:
    """
    Return what each line's code means, in order; a line that means nothing is an answer.

    The ERP's part numbers are asked first, so that one PIM call brings the content of everything found.

    Raises:
        LimitExceeded: more than 500 lines.
    """
    if len(lines) > MOST_CODES:
        raise LimitExceeded(f"productsByCode takes at most {MOST_CODES} codes; there are {len(lines)}.")
    # nothing has a code as long: such a line means nothing, and nobody is asked
    codes = list(dict.fromkeys(code for line in lines if 0 < len(code := line.code.strip()) <= MOST_KEY_CHARACTERS))
    own = await _own_part_numbers(codes, context)
    general = await _general_meanings([*codes, *_skus(own.values())], context)
    skus = list(dict.fromkeys([*_skus(own.values()), *_skus(general.values())]))
    products = dict(zip(skus, await existing(skus, context), strict=True))
    return [
        _match(line, own.get(line.code.strip(), ()), general.get(line.code.strip(), ()), products) for line in lines
    ]


async def _own_part_numbers(codes: Sequence[str], context: RequestContext) -> dict[str, Meaning]:
    try:
        account = await acting_account(context)
    except SourceError as failure:
        return dict.fromkeys(codes, failure)
    except Forbidden:
        return {}
    if account is None or account.erp_number is None:
        return {}
    keys = [PartNumberCode(account.erp_number, code) for code in codes]
    found = await context.sources.pricing.part_number_codes.get_many(keys, context.ask)
    kind = MatchKind.CUSTOMER_PART_NUMBER
    return {
        code: one if isinstance(one, SourceError) else [CodeHit(kind, sku) for sku in (one.skus if one else ())]
        for code, one in zip(codes, found, strict=True)
    }


async def _general_meanings(codes: Sequence[str], context: RequestContext) -> dict[str, Meaning]:
    found = await context.sources.catalog.codes.get_many(codes, context.ask)
    return {
        code: one if isinstance(one, SourceError) else one.hits if one else ()
        for code, one in zip(codes, found, strict=True)
    }


def _skus(meanings: Iterable[Meaning]) -> list[str]:
    return [hit.sku for hits in meanings if not isinstance(hits, SourceError) for hit in hits]


def _match(
    line: CodeLine, own: Meaning, general: Meaning, products: Mapping[str, Product | SourceError | None]
) -> CodeMatch:
    failures = [meaning for meaning in (own, general) if isinstance(meaning, SourceError)]
    told = (own, _told(general, products))
    hits = [hit for meaning in told if not isinstance(meaning, SourceError) for hit in meaning]
    by_sku = {hit.sku: hit for hit in reversed(hits)}  # the first meaning of an article names the kind
    found = [(by_sku[sku].kind, products[sku]) for sku in dict.fromkeys(hit.sku for hit in hits)]
    failures += [product for _, product in found if isinstance(product, SourceError)]
    certain = [(kind, product) for kind, product in found if isinstance(product, Product)]
    if not certain:
        return CodeMatch(line.key, line.code, _nothing(own), failures[0] if failures else None, ())
    candidates = [product for _, product in certain]
    kind = certain[0][0]
    if kind is MatchKind.SUPERSEDED or len(certain) == 1:
        return CodeMatch(line.key, line.code, kind, candidates[0], candidates if len(certain) > 1 else ())
    return CodeMatch(line.key, line.code, MatchKind.AMBIGUOUS, None, candidates)


def _told(general: Meaning, products: Mapping[str, Product | SourceError | None]) -> Meaning:
    """Return the successors in the place of an article that has some; nothing of one that is not for the viewer."""
    if isinstance(general, SourceError):
        return general
    itself = [hit for hit in general if hit.kind is not MatchKind.SUPERSEDED]
    if any(products[hit.sku] is None for hit in itself):
        return itself
    successors = [hit for hit in general if hit.kind is MatchKind.SUPERSEDED and products[hit.sku] is not None]
    return successors or itself


def _nothing(own: Meaning) -> MatchKind:
    # a customer's own number for something they may not buy: they know of it, so saying so tells them nothing new
    known = not isinstance(own, SourceError) and len(own) > 0
    return MatchKind.NOT_IN_ASSORTMENT if known else MatchKind.NOT_FOUND
