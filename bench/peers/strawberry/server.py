"""strawberry as its documentation has it: types with methods, DataLoaders in the context, its own ASGI application."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import strawberry
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

from bench.peers.strawberry import types
from bench.peers.strawberry.sources import Makers, Said, Sources

CURSOR_MARK = os.environ["BENCH_CURSOR_MARK"]


def coded(text: str) -> str:
    """Return an id or a cursor."""
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def text(said: Any) -> str:
    """Return a text in the default language."""
    found: str = said if isinstance(said, str) else said[types.DEFAULT_LOCALE]
    return found


class Made(Makers):
    """The schema's types, made once when an answer arrives."""

    @staticmethod
    def product(said: Said) -> types.Product:
        """Return a product."""
        return types.Product(
            id=strawberry.ID(coded(f"Product:{said['sku']}")),
            sku=said["sku"],
            gtin=said["gtin"],
            lifecycle=types.ProductLifecycle(said["lifecycle"]),
            names=said["name"],
            descriptions=said["description"],
            all_images=[types.Image(template=i["url"], alt=text(i["alt"])) for i in said["images"]],
            all_attributes=[
                types.Attribute(
                    code=a["code"], name=text(a["name"]), values=list(map(text, a["values"])), unit=a["unit"]
                )
                for a in said["attributes"]
            ],
        )

    @staticmethod
    def price(said: Said) -> types.Price:
        """Return a price."""
        currency = said["currency"]
        return types.Price(
            unit_price=types.Money(amount=said["unit_price"], currency=currency),
            breaks=[
                types.PriceBreak(
                    minimum_quantity=one["minimum_quantity"],
                    unit_price=types.Money(amount=one["unit_price"], currency=currency),
                )
                for one in said["breaks"]
            ],
        )

    @staticmethod
    def availability(said: Said) -> types.Availability:
        """Return what can be had."""
        in_hand = sum(int(level["quantity"]) for level in said["levels"])
        low = in_hand < int(said["low_below"])
        return types.Availability(
            status=types.AvailabilityStatus("OUT_OF_STOCK" if in_hand < 1 else "LOW" if low else "IN_STOCK"),
            by_warehouse=[
                types.WarehouseStock(
                    warehouse=types.Warehouse(code=level["warehouse"]), quantity=types.Quantity(value=level["quantity"])
                )
                for level in said["levels"]
            ],
        )


def account_of(said: Said) -> types.Account:
    """Return an account and the one above it."""
    parent = said.get("parent")
    return types.Account(number=said["number"], name=said["name"], parent=account_of(parent) if parent else None)


@strawberry.type
class Query:
    @strawberry.field
    async def viewer(self, info: types.Info) -> types.Viewer | None:
        return types.Viewer(account=account_of(await types.sources_of(info).account()))

    @strawberry.field
    async def product(self, info: types.Info, sku: str) -> types.Product | None:
        found: types.Product | None = await types.sources_of(info).products.load(sku)
        return found

    @strawberry.field
    async def products(
        self, info: types.Info, first: int = 20, filter: types.ProductFilter | None = None
    ) -> types.ProductConnection | None:
        category = urlsafe_b64decode(f"{filter.category_id if filter else ''}==").decode().partition(":")[2]
        page = await types.sources_of(info).page(category, first)
        end = coded(f"{CURSOR_MARK}:{page['hits'][-1]['cursor']}") if page["hits"] else None
        return types.ProductConnection(
            nodes=page["nodes"], page_info=types.PageInfo(has_next_page=page["has_next"], end_cursor=end)
        )


class App(GraphQL[Any, Any]):
    """The documented ASGI application with a context of its own."""

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> dict[str, Any]:
        return {"sources": Sources(request.headers["x-person"], Made())}


app = App(strawberry.Schema(Query), graphql_ide=None)

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), log_level="warning", access_log=False)
