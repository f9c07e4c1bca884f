"""The schema, put together."""

from functools import cache

import strawberry
from graphql import GraphQLError
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.cart import Cart, CartLine
from schema.catalog import Category, Product
from schema.customers import Account, User
from schema.directives import freshness
from schema.issues import ISSUES
from schema.mutation import Mutation
from schema.orders import Order, OrderCapture, OrderLine
from schema.prepared import Prepared
from schema.pricing import Contract
from schema.query import Query
from schema.scalars import SCALARS
from schema.stock import Warehouse
from schema.subscription import Subscription


class Schema(strawberry.Schema):
    """The schema; errors are logged where answers are formatted, not here."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing: strawberry would log a traceback for every field error."""

    def get_extensions(self, sync: bool = False) -> list[SchemaExtension]:
        """Return what looks into executions: not what makes a task of every field to look for directives on it."""
        return [Prepared()]


@cache
def build_schema() -> Schema:
    """Return the schema."""
    return Schema(
        Query,
        mutation=Mutation,
        subscription=Subscription,
        directives=[freshness],
        types=[
            Product,
            Category,
            Account,
            User,
            Warehouse,
            Contract,
            Cart,
            CartLine,
            Order,
            OrderLine,
            OrderCapture,
            *ISSUES,
        ],
        config=StrawberryConfig(scalar_map=SCALARS),
    )
