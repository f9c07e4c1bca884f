"""The schema, put together."""

import strawberry
from graphql import ASTValidationRule, GraphQLError, NoSchemaIntrospectionCustomRule
from strawberry.extensions import AddValidationRules, ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from schema.catalog import Category, Product
from schema.customers import Account, User
from schema.directives import freshness
from schema.pricing import Contract
from schema.query import Query
from schema.scalars import SCALARS
from schema.stock import Warehouse

REMEMBERED_DOCUMENTS = 128


class Schema(strawberry.Schema):
    """The schema; errors are logged where answers are formatted, not here."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Do nothing: strawberry would log a traceback for every field error."""


def build_schema(*, introspection: bool = True) -> Schema:
    """Return the schema."""
    rules: list[type[ASTValidationRule]] = [] if introspection else [NoSchemaIntrospectionCustomRule]
    return Schema(
        Query,
        directives=[freshness],
        types=[Product, Category, Account, User, Warehouse, Contract],
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            lambda: ParserCache(REMEMBERED_DOCUMENTS),
            lambda: ValidationCache(REMEMBERED_DOCUMENTS),
            lambda: AddValidationRules(rules),
        ],
    )
