"""The policies that the settings give, by kind of value."""

from dataclasses import dataclass

from datasources.cache.entry import Policy


@dataclass(frozen=True, slots=True)
class Policies:
    """How long each kind of value is good for."""

    content: Policy
    price: Policy
    stock: Policy
    customer: Policy
    credit: Policy
    order: Policy
