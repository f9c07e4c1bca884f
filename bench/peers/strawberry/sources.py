"""Entities by key: DataLoaders of one request, over a cache with a time to live that all requests share."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from cachetools import TTLCache
from strawberry.dataloader import DataLoader

REMEMBERS = os.environ["BENCH_MODE"] != "cold"
FRESH_FOR_S = 600.0
MOST = 500_000 if REMEMBERS else 0

Said = dict[str, Any]
Make = Callable[[Said], Any]

client = httpx.AsyncClient(
    base_url=os.environ["BENCH_UPSTREAM"], limits=httpx.Limits(max_connections=100, keepalive_expiry=60)
)


async def ask(path: str, question: Said) -> Said:
    """Return what a system answers; raises when it fails."""
    response = await client.post(path, json=question)
    response.raise_for_status()
    found: Said = response.json()
    return found


def cache() -> TTLCache[Any, Any]:
    """Return a cache that all requests share."""
    return TTLCache(MOST, FRESH_FOR_S)


products, stock, prices, standings, pages = cache(), cache(), cache(), cache(), cache()


class Sources:
    """What one request asks the systems with, on behalf of a person."""

    def __init__(self, person: str, makers: "Makers") -> None:
        self._person = person
        self._make = makers
        self.products = DataLoader(self._remembered(products, self._load_products))
        self.stock = DataLoader(self._remembered(stock, self._load_stock))
        self._prices = DataLoader(self._remembered(prices, self._load_prices))
        self._standings = DataLoader(self._remembered(standings, self._load_standings))

    async def account(self) -> Said:
        """Return the person's account as the CRM tells it, with the one above it."""
        found: Said = await self._standings.load(self._person)
        return found

    async def price(self, sku: str) -> Any:
        """Return the account's price of a product."""
        account = await self.account()
        return await self._prices.load((account["price_scope"], account["currency"], sku))

    async def page(self, category: str, first: int) -> Said:
        """Return a page of what exists for the account: a search is told its assortments."""
        account = await self.account()
        assortments = account.get("assortments", [])
        key = (category, first, tuple(assortments))
        if key not in pages:
            pages_found = await self._search(category, first, assortments)
            if not REMEMBERS:
                return pages_found
            pages[key] = pages_found
        found: Said = pages[key]
        return found

    async def _search(self, category: str, first: int, assortments: Sequence[str]) -> Said:
        search = {
            "query": None,
            "category_code": category,
            "attributes": [],
            "sort": "RELEVANCE",
            "locale": "fi",
            "first": first,
            "after": None,
            "facets": False,
            "assortments": assortments,
        }
        answer = await ask("/pim/products/search", {"searches": [search]})
        nodes = {said["sku"]: self._make.product(said) for said in answer["products"]}
        return {**answer["results"][0], "nodes": [nodes[hit["sku"]] for hit in answer["results"][0]["hits"]]}

    def _remembered(self, cached: TTLCache[Any, Any], load: Callable[[Sequence[Any]], Any]) -> Callable[..., Any]:
        async def fetched(keys: Sequence[Any]) -> dict[Any, Any]:
            try:
                found: dict[Any, Any] = await load(keys)
            except httpx.HTTPError as error:
                return dict.fromkeys(keys, error)
            if REMEMBERS:
                cached.update(found)
            return found

        async def loaded(keys: Sequence[Any]) -> list[Any]:
            found = {key: cached[key] for key in keys if key in cached}
            missing = [key for key in keys if key not in found]
            if missing:
                found |= await fetched(missing)
            return [found.get(key) for key in keys]

        return loaded

    async def _load_products(self, skus: Sequence[str]) -> Said:
        answer = await ask("/pim/products", {"skus": skus})
        return {said["sku"]: self._make.product(said) for said in answer["products"]}

    async def _load_stock(self, skus: Sequence[str]) -> Said:
        answer = await ask("/wms/stock", {"skus": skus})
        return {said["sku"]: self._make.availability(said) for said in answer["stock"]}

    async def _load_prices(self, keys: Sequence[tuple[str, str, str]]) -> dict[Any, Any]:
        rest = {"quantity": "1", "unit": None, "date": None, "contract": None}
        lines = [{"scope": scope, "sku": sku, "currency": currency, **rest} for scope, currency, sku in keys]
        answer = await ask("/erp/prices", {"lines": lines})
        asked = ((said["asked"], said) for said in answer["prices"])
        return {(of["scope"], of["currency"], of["sku"]): self._make.price(said) for of, said in asked}

    async def _load_standings(self, persons: Sequence[str]) -> Said:
        lines = [{"person": person, "account": None} for person in persons]
        answer = await ask("/crm/contexts", {"lines": lines})
        accounts = {said["number"]: said for said in answer["accounts"]}
        own = {said["person"]: accounts[said["number"]] for said in answer["contexts"]}
        return {person: {**of, "parent": accounts.get(of.get("parent_number"))} for person, of in own.items()}


class Makers:
    """What makes the schema's types of what systems say."""

    product: Make
    price: Make
    availability: Make
