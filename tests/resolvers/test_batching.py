"""One batched field, run in both ways: by the reference executor, and by calling its batch function."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any

import pytest
import strawberry

from resolvers.batching import batched
from resolvers.errors import NotFound
from tests.datasources.fakes import turns


class Style(Enum):
    PLAIN = "PLAIN"
    LOUD = "LOUD"


strawberry.enum(Style)


@dataclass(frozen=True, slots=True)
class Item:
    """A parent; equal ones are told apart, and it has no hash, as values that hold lists have none."""

    name: str
    holds: list[str] = field(default_factory=list)


@dataclass
class Context:
    """As much of a request as batching needs; notes every batch call."""

    calls: list[tuple[list[str], dict[str, Any]]] = field(default_factory=list)
    loaders: dict[object, object] = field(default_factory=dict)
    turns: int = 0


def greeted(name: str, style: Style, words: Sequence[str] | None, greeting: str) -> str | Exception | None:
    if name == "missing":
        return NotFound("There is nobody here.")
    if name == "silent":
        return None
    said = " ".join([greeting, name, *(words or ())])
    return said.upper() if style is Style.LOUD else said


async def greet(
    items: Sequence[Item],
    context: Context,
    style: Annotated[Style, strawberry.argument(description="How.")] = Style.PLAIN,
    words: Annotated[list[str] | None, strawberry.argument(description="What else; null: nothing.")] = None,
    greeting: str = "hello",
) -> Sequence[str | Exception | None]:
    """Greet each."""
    context.calls.append(([item.name for item in items], {"style": style, "words": words, "greeting": greeting}))
    await turns(context.turns)
    if greeting == "raise":
        raise KeyError("oops")
    if greeting == "cancel":
        raise asyncio.CancelledError
    return [greeted(item.name, style, words, greeting) for item in items]


greetings = batched(greet)


@strawberry.type(name="Item")
class ItemView:
    name: str
    greeting: Annotated[str | None, strawberry.field(resolver=greetings, description="A greeting. Null: none.")]


def items(names: list[str]) -> list[Item]:
    return [Item(name) for name in names]


@strawberry.type
class Query:
    items: Annotated[list[ItemView], strawberry.field(resolver=items)]


class QuietSchema(strawberry.Schema):
    def process_errors(self, errors: Any, execution_context: Any = None) -> None:
        """Log nothing: these errors are meant."""


schema = QuietSchema(Query)
DEFAULTS = {"style": Style.PLAIN, "words": None, "greeting": "hello"}


async def run(selection: str, context: Context, names: Sequence[str] = ("ada", "bo")) -> Any:
    document = "query ($names: [String!]!) { items(names: $names) { %s } }" % selection  # noqa: UP031 - braces abound
    return await asyncio.wait_for(schema.execute(document, {"names": list(names)}, context_value=context), 10)


@pytest.mark.parametrize("turned", [0, 3])
@pytest.mark.parametrize(
    ("arguments", "given"),
    [
        ("", {}),
        ("(style: LOUD)", {"style": Style.LOUD}),
        ('(words: ["a", "b"], greeting: "hei")', {"words": ["a", "b"], "greeting": "hei"}),
        ("(words: null)", {"words": None}),
    ],
)
async def test_both_ways_give_the_same(arguments: str, given: dict[str, Any], turned: int) -> None:
    """The reference executor and a direct call answer alike, errors included, at one batch call each."""
    names = ["ada", "missing", "silent", "ada"]
    context = Context(turns=turned)
    result = await run(f"greeting{arguments}", context, names)
    direct = Context(turns=turned)
    expected = await greetings.batch([Item(name) for name in names], direct, **given)

    assert [(names, DEFAULTS | given)] == context.calls == direct.calls
    assert [None if isinstance(one, Exception) else one for one in expected] == [
        item["greeting"] for item in result.data["items"]
    ]
    assert [("There is nobody here.", ["items", 1, "greeting"])] == [(e.message, e.path) for e in result.errors]
    assert [NotFound] == [type(e.original_error) for e in result.errors]
    assert [NotFound] == [type(one) for one in expected if isinstance(one, Exception)]


async def test_aliases_with_equal_arguments_share_a_call() -> None:
    """One batch call for each field and arguments, whatever the aliases, defaults written out included."""
    context = Context()
    result = await run(
        'a: greeting b: greeting(style: PLAIN) c: greeting(words: ["x"]) d: greeting(greeting: "hello", words: ["x"])',
        context,
    )

    assert result.errors is None
    assert [
        {"a": f"hello {n}", "b": f"hello {n}", "c": f"hello {n} x", "d": f"hello {n} x"} for n in ("ada", "bo")
    ] == (result.data["items"])
    assert [DEFAULTS, DEFAULTS | {"words": ["x"]}] == [arguments for _, arguments in context.calls]


async def test_equal_parents_each_get_an_answer() -> None:
    """Parents are told apart by identity: equal ones do not take each other's place."""
    context = Context()
    result = await run("greeting", context, ["ada", "ada", "bo", "ada"])

    assert ["hello ada", "hello ada", "hello bo", "hello ada"] == [item["greeting"] for item in result.data["items"]]
    assert [(["ada", "ada", "bo", "ada"], DEFAULTS)] == context.calls


async def test_requests_share_nothing() -> None:
    """Loaders are of one request."""
    one, other = Context(), Context()
    await asyncio.gather(run("greeting", one, ["ada"]), run("greeting", other, ["bo"]))

    assert [["ada"]] == [names for names, _ in one.calls]
    assert [["bo"]] == [names for names, _ in other.calls]


@pytest.mark.parametrize(
    ("how", "raised", "shown"),
    [("raise", KeyError, "'oops'"), ("cancel", asyncio.CancelledError, "cut short: CancelledError()")],
)
async def test_what_is_raised_fails_all(how: str, raised: type[BaseException], shown: str) -> None:
    """What escapes the batch function reaches every parent, and nobody hangs; a direct call raises it."""
    context = Context()
    result = await run(f'greeting(greeting: "{how}") other: greeting', context)

    assert [{"greeting": None, "other": f"hello {name}"} for name in ("ada", "bo")] == result.data["items"]
    assert [(shown, ["items", 0, "greeting"]), (shown, ["items", 1, "greeting"])] == sorted(
        (e.message, e.path) for e in result.errors
    )
    with pytest.raises(raised):
        await greetings.batch([Item("ada")], Context(), greeting=how)


@pytest.mark.parametrize("change", [lambda found: found[:-1], lambda found: [*found, "more"], lambda found: None])
async def test_another_number_of_results_fails_all(change: Callable[[Any], Any]) -> None:
    """A batch function that does not give one result for each parent is a bug for all of them, never a mix-up."""

    @batched
    async def wrong(items: Sequence[Item], context: Context) -> Any:
        return change([item.name for item in items])

    @strawberry.type(name="Item")
    class Wrong:
        echo: Annotated[str | None, strawberry.field(resolver=wrong)]

    @strawberry.type
    class Root:
        items: Annotated[
            list[Wrong], strawberry.field(resolver=lambda: [Item("ada"), Item("bo")], graphql_type=list[Wrong])
        ]

    result = await asyncio.wait_for(QuietSchema(Root).execute("{ items { echo } }", context_value=Context()), 10)

    assert {"items": [{"echo": None}, {"echo": None}]} == result.data
    assert 2 == len(result.errors or ())


def test_strawberry_sees_a_resolver() -> None:
    """Names, types, defaults and descriptions of arguments come from the batch function, parents and context not."""
    argument = schema._schema.type_map["Item"].fields["greeting"].args

    assert {
        "style": ("Style! = PLAIN", "How."),
        "words": ("[String!] = null", "What else; null: nothing."),
        "greeting": ('String! = "hello"', None),
    } == {name: (f"{of.type} = {written(of.default_value)}", of.description) for name, of in argument.items()}
    assert ("greet", "Greet each.") == (greetings.__name__, greetings.__doc__)


def written(value: object) -> str:
    return value.name if isinstance(value, Style) else "null" if value is None else f'"{value}"'


def test_an_executor_finds_the_batch_function() -> None:
    """The compiled executor reaches it through the field."""
    definition = schema._schema.type_map["Item"].fields["greeting"].extensions["strawberry-definition"]

    assert definition.base_resolver.wrapped_func.batch is greet
