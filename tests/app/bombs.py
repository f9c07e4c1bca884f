"""What is made to be dear: documents, strings and bodies of any size, each with the size that tests begin with."""

from collections.abc import Callable

from tests.app.limits.documents import doublings

DEEP = 100_000


def many(count: int, pattern: str, between: str = " ") -> str:
    """Return a pattern so many times, each with a number in the place of `#`."""
    return between.join(pattern.replace("#", str(number)) for number in range(count))


def spreading_each_other(count: int) -> str:
    """Return fragments of which each spreads all that come after it."""
    return "{ ...F0 } " + " ".join(
        f"fragment F{number} on Query {{ __typename {' '.join(f'...F{after}' for after in range(number + 1, count))} }}"
        for number in range(count)
    )


def ring(count: int) -> str:
    """Return fragments that spread each other in a circle."""
    return "{ ...F0 } " + " ".join(
        f"fragment F{number} on Query {{ ...F{(number + 1) % count} }}" for number in range(count)
    )


def overlapping_fragments(count: int) -> str:
    """Return fragments that all have one field, spread side by side."""
    return f"{{ {many(count, '...F#')} }} {many(count, 'fragment F# on Query { viewer { user { id } } }')}"


def operations_over_fragments(count: int) -> str:
    """Return as many operations as fragments, each spreading all of them."""
    return f"{many(count, 'query Q# { ...All }')} fragment All on Query {{ {many(count, '...F#')} }} " + many(
        count, "fragment F# on Query { a#: __typename }"
    )


def operations_beside_fragments(count: int) -> str:
    """Return as many operations as fragments, which only one of them spreads."""
    return f"{{ {many(count, '...F#')} }} ".replace("{", "query Q {", 1) + (
        f"{many(count, 'query Q# { q#: __typename }')} {many(count, 'fragment F# on Query { f#: __typename }')}"
    )


Build = Callable[[int], str]
DOCUMENTS: dict[str, tuple[Build, int]] = {
    "doubled fragments": (doublings, 20),
    "fragments spread each other": (spreading_each_other, 20),
    "a circle of fragments": (ring, 150),
    "fragments that spread themselves": (lambda n: "{ ...F0 } " + many(n, "fragment F# on Query { ...F# }"), 150),
    "aliases": (lambda n: f"{{ {many(n, 'a#: __typename')} }}", 600),
    "directives on fields": (lambda n: f"{{ {many(n, 'a#: __typename @skip(if: true)')} }}", 200),
    "one directive again and again": (lambda n: f"{{ __typename {'@skip(if: true) ' * n} }}", 300),
    "unknown directives": (lambda n: f"{{ __typename {many(n, '@d#')} }}", 400),
    "one field again and again": (lambda n: f"{{ product(sku: 1) {{ {'sku ' * n} }} }}", 800),
    "one field in inline fragments": (lambda n: f"{{ {'... { viewer { user { id } } } ' * n} }}", 250),
    "one field in fragments": (overlapping_fragments, 150),
    "fields that differ in arguments": (lambda n: f"{{ {many(n, 'product(sku: #) { sku }')} }}", 250),
    "unknown fields": (lambda n: f"{{ {many(n, 'produc#')} }}", 500),
    "unknown arguments": (lambda n: f"{{ products({many(n, 'firs#: 1')}) {{ totalCount }} }}", 300),
    "unknown members": (
        lambda n: f"{{ products(filter: {{ {many(n, 'a#: 1')} }}) {{ totalCount }} }}",
        250,
    ),
    "unknown types": (lambda n: f"{{ {many(n, '... on T# { a }')} }}", 350),
    "operations": (lambda n: many(n, "query Q# { a#: __typename }"), 150),
    "operations of one name": (lambda n: "query Q { __typename } " * n, 150),
    "operations over fragments": (operations_over_fragments, 60),
    "operations beside fragments": (operations_beside_fragments, 70),
    "variables": (lambda n: f"query ({many(n, '$v#: Int')}) {{ __typename }}", 250),
    "variables of one name": (lambda n: f"query ({'$v: Int ' * n}) {{ __typename }}", 600),
    "undefined variables": (lambda n: f"{{ {many(n, 'a#: product(sku: $v#) { sku }')} }}", 200),
    "nested fields": (lambda n: "{ a " * n + "}" * n, DEEP // 10),
    "nested selections, cut": (lambda n: "{" * n, DEEP),
    "nested inline fragments": (lambda n: "{ ..." * n + "{ __typename }" + "}" * n, 52),
    "nested lists": (lambda n: f"{{ product(sku: {'[' * n}{']' * n}) {{ sku }} }}", DEEP),
    "nested lists, cut": (lambda n: "{ product(sku: " + "[" * n, DEEP),
    "nested objects": (lambda n: f"{{ product(sku: {'{ a: ' * n}1{'}' * n}) {{ sku }} }}", DEEP),
    "nested types": (lambda n: f"query ($v: {'[' * n}Int{']' * n}) {{ __typename }}", DEEP),
    "nested brackets, cut": (lambda n: "{ a" + "(" * n, DEEP),
    "brackets the wrong way": (lambda n: "}" * n, 2000),
    "a long list": (lambda n: f"{{ nodes(ids: [{'1 ' * n}]) {{ id }} }}", 1100),
    "comments": (lambda n: "#\n" * n + "{ __typename }", 20_000),
    "a long comment": (lambda n: "{ __typename } #" + "x" * n, 100_000),
    "a long name": (lambda n: f"{{ {'a' * n} }}", 20_000),
    "a long number": (lambda n: f"{{ products(first: {'9' * n}) {{ totalCount }} }}", 20_000),
    "a string without an end": (lambda n: '{ product(sku: "' + "x" * n, 20_000),
    "a block string without an end": (lambda n: '{ product(sku: """' + '\n\\"""' * n, 5_000),
    "what is no token": (lambda n: "{ __typename } " + "%" * n, 20_000),
    "what changes schemas": (lambda n: many(n, "extend type Query { a#: Int }"), 300),
    "looking into the schema": (lambda n: "{ __schema { types " + "{ fields { type " * n + "{ name } }" + "} }" * n, 9),
}


LONG: dict[str, tuple[Build, int]] = {
    "a string": (lambda n: "x" * n, 20_000),
    "a string of escapes": (lambda n: r"\u00e4" * n, 4_000),
    "a block string": (lambda n: f'""{" x" * n}""', 10_000),
    "a block string of lines": (lambda n: '""x' + "\n " * n + 'x""', 10_000),
    "a block string of quotes": (lambda n: '""' + '\n\\"""' * n + '\n""', 4_000),
}


BODIES: dict[str, tuple[Build, int]] = {
    "nested lists": (lambda n: variables("[" * n + "]" * n), DEEP),
    "nested lists, cut": (lambda n: '{"query": "{ __typename }", "variables": {"v": ' + "[" * n, DEEP),
    "nested objects": (lambda n: variables('{"a": ' * n + "1" + "}" * n), DEEP // 2),
    "nested beside the query": (lambda n: '{"query": "{ __typename }", "x": ' + "[" * n + "]" * n + "}", DEEP),
    "nested in extensions": (lambda n: '{"query": "{ a }", "extensions": {"a": ' + "[" * n + "]" * n + "}}", DEEP),
    "nested around everything": (lambda n: "[" * n + "]" * n, DEEP),
    "a long list": (lambda n: variables("[" + "1," * n + "1]"), DEEP // 2),
    "a list of lists": (lambda n: variables("[" + "[]," * n + "[]]"), DEEP // 2),
    "many members": (lambda n: variables("{" + many(n, '"m#": [0]', ", ") + "}"), 20_000),
    "a long number": (lambda n: variables("1" * n + "x"), DEEP),
    "a long string": (lambda n: variables('"' + "x" * n), DEEP),
    "spaces": (lambda n: " " * n + "[", DEEP),
}
ONE = "query ($v: ProductFilter) { products(filter: $v) { totalCount } }"


def variables(value: str) -> str:
    """Return a body with a variable of this value."""
    return f'{{"query": "{ONE}", "variables": {{"v": {value}}}}}'
