"""
Resolvers that are written once, for many parents.

A batch function takes `(parents, context, **arguments)` and returns one result for each parent, in order, an exception
object in the place of one that failed. `@batched` makes of it a resolver of a single field: the reference executor
collects parents through a dataloader of the request; another executor may call `.batch` with all parents of a level.
"""

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import strawberry
from aiodataloader import DataLoader

from resolvers.context import RequestContext

P = TypeVar("P")
R = TypeVar("R")

Batch = Callable[..., Awaitable[Sequence[R | Exception]]]


class Batched(Generic[P, R]):
    """A batch function that strawberry sees as an ordinary resolver `(root, info, **arguments)`."""

    def __init__(self, batch: Batch[R]) -> None:
        self.batch = batch
        for name in ("__name__", "__qualname__", "__module__", "__doc__"):
            setattr(self, name, getattr(batch, name))
        arguments = list(inspect.signature(batch).parameters.values())[2:]
        self.__signature__ = inspect.Signature([_ROOT, _INFO, *(a.replace(kind=_KEYWORD) for a in arguments)])
        self.__annotations__ = {"info": strawberry.Info} | {a.name: a.annotation for a in arguments}

    def __call__(self, root: P, info: strawberry.Info[RequestContext], **arguments: Any) -> Awaitable[R]:
        context = info.context
        key = (self, *((name, _hashable(value)) for name, value in sorted(arguments.items())))
        loader = context.loaders.get(key)
        if loader is None:
            loader = context.loaders[key] = self._loader(context, arguments)
        return cast("Awaitable[R]", loader.load(root))

    def _loader(self, context: RequestContext, arguments: dict[str, Any]) -> DataLoader[object, object]:
        async def load(parents: list[object]) -> list[object]:
            # whatever escapes a batch function of a dataloader leaves its waiters hanging: CancelledError for certain
            try:
                return list(await self.batch(parents, context, **arguments))
            except BaseException as failure:
                error = failure if isinstance(failure, Exception) else RuntimeError(f"cut short: {failure!r}")
                return [error] * len(parents)

        # the source remembers, the loader only gathers; parents are told apart by identity, for hashing them is dear
        return DataLoader(load, cache=False, get_cache_key=id)


_KEYWORD = inspect.Parameter.KEYWORD_ONLY
_ROOT = inspect.Parameter("root", inspect.Parameter.POSITIONAL_OR_KEYWORD)
_INFO = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=strawberry.Info)


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def batched(batch: Batch[R]) -> Batched[Any, R]:
    """Make a resolver of a batch function; see this module."""
    return Batched(batch)
