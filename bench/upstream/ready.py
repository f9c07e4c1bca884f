"""
The same data for peers that proxy by configuration: by GET, in the shape of the schema, ready for the work.

They can neither put a question of the connector contract together nor work anything out of its answers, so all of that
is done for them here: texts are in the language, images of the size, attributes of the code that the work asks for.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import cache
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qs

import orjson

from bench.upstream import data

MARK = blake2b(repr(("products", None, data.LISTED, (), "RELEVANCE", "fi")).encode(), digest_size=6).hexdigest()
"""What Kanava's cursors of the list begin with: see `resolvers.paging.Cursors`."""
FEW = 30
IMAGE_PX = "400"


def viewer(asked: dict[str, Any]) -> bytes:
    """Return the viewer: a person's account with the one above it."""
    account = data.account(data.customer(int(_asked(asked)["person"][0][-4:])))
    return orjson.dumps({"account": {**account, "parent": data.account(str(account["parent_number"]))}})


def listing(asked: dict[str, Any]) -> bytes:
    """Return the first page of a category."""
    query = _asked(asked)
    category = urlsafe_b64decode(query["category"][0] + "==").decode().partition(":")[2]
    skus = data.skus_in(category)
    page = skus[: int(query["first"][0])]
    info = {"hasNextPage": len(page) < len(skus), "endCursor": _coded(f"{MARK}:{page[-1]}")}
    return orjson.dumps({"nodes": [_product(sku) for sku in page], "pageInfo": info})


def product(asked: dict[str, Any]) -> bytes:
    """Return a product by its SKU."""
    return orjson.dumps(_product(_asked(asked)["sku"][0]))


def prices(asked: dict[str, Any]) -> bytes:
    """Return a person's prices of products, each with its SKU."""
    query = _asked(asked)
    buyer = int(query["person"][0][-4:])
    return orjson.dumps([{"sku": sku, **_price(data.price(data.SKUS[sku], buyer))} for sku in query["sku"]])


def stock(asked: dict[str, Any]) -> bytes:
    """Return the availability of products, each with its SKU."""
    return orjson.dumps([_availability(sku) for sku in _asked(asked)["sku"]])


def _asked(asked: dict[str, Any]) -> dict[str, list[str]]:
    return parse_qs(asked["query"])


@cache
def _product(sku: str) -> Any:
    said: Any = data.product(data.SKUS[sku])
    image, material = said["images"][0], said["attributes"][0]
    return {
        "id": _coded(f"Product:{sku}"),
        "sku": sku,
        "gtin": said["gtin"],
        "name": said["name"]["en"],
        "description": said["description"]["en"],
        "lifecycle": said["lifecycle"],
        "images": [{"url": image["url"].format(width=IMAGE_PX, format="jpg"), "alt": image["alt"]["fi"]}],
        "attributes": [
            {
                "code": material["code"],
                "name": material["name"]["fi"],
                "values": [value["fi"] for value in material["values"]],
                "unit": material["unit"],
            }
        ],
    }


def _price(said: Any) -> dict[str, Any]:
    def money(amount: str) -> dict[str, str]:
        return {"amount": amount, "currency": said["currency"]}

    breaks = [
        {"minimumQuantity": one["minimum_quantity"], "unitPrice": money(one["unit_price"])} for one in said["breaks"]
    ]
    return {"unitPrice": money(said["unit_price"]), "breaks": breaks}


@cache
def _availability(sku: str) -> dict[str, Any]:
    said: Any = data.stock(data.SKUS[sku])
    in_hand = sum(int(level["quantity"]) for level in said["levels"])
    status = "OUT_OF_STOCK" if in_hand < 1 else "LOW" if in_hand < FEW else "IN_STOCK"
    places = [
        {"warehouse": {"code": level["warehouse"]}, "quantity": {"value": level["quantity"]}}
        for level in said["levels"]
    ]
    return {"sku": sku, "status": status, "byWarehouse": places}


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


OPERATIONS = {
    "/crm/ready": viewer,
    "/pim/ready": listing,
    "/pim/ready/product": product,
    "/erp/ready": prices,
    "/wms/ready": stock,
}
