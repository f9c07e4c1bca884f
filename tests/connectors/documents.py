"""The four OpenAPI files of `docs/connect/`, and what their schemas say of a value."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema_rs import Draft202012Validator

from datasources.model.common import System

FOLDER = Path(__file__).resolve().parents[2] / "docs/connect"
ROLES = (System.ERP, System.CRM, System.PIM, System.WMS)
Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Contract:
    """One role's file."""

    role: System
    document: Mapping[str, Any]

    @property
    def paths(self) -> list[str]:
        return [path.removeprefix("/") for path in self.document["paths"]]

    def media(self, path: str, status: str | None = None) -> Mapping[str, Any]:
        """Return the JSON of a request, or of the answer with a status: its schema and example."""
        operation = self.document["paths"][f"/{path}"]["post"]
        said = operation["requestBody"] if status is None else self.resolved(operation["responses"][status])
        media: Mapping[str, Any] = said["content"]["application/json"]
        return media

    def validator(self, path: str, status: str | None = None) -> Draft202012Validator:
        return self.validator_of(self.media(path, status)["schema"])

    def validator_of(self, schema: Schema) -> Draft202012Validator:
        """Return what judges by a schema of this file; formats count."""
        return _validator(self.role, json.dumps(schema))

    def problems(self, value: object, path: str, status: str | None = None) -> list[str]:
        """Return what is wrong with a request or an answer, and where."""
        return [f"{e.instance_path}: {e.message}" for e in self.validator(path, status).iter_errors(value)]

    def resolved(self, schema: Schema) -> Schema:
        """Follow references; members that stand beside them stay."""
        while "$ref" in schema:
            found: Any = self.document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            schema = {**found, **{name: said for name, said in schema.items() if name != "$ref"}}
        return schema

    def alternatives(self, schema: Schema) -> Iterator[Schema]:
        """Yield all that a schema may come to."""
        schema = self.resolved(schema)
        options = [*schema.get("anyOf", ()), *schema.get("oneOf", ())]
        if not options:
            yield schema
        for option in options:
            yield from self.alternatives(option)

    def branches(self, schema: Schema, value: object) -> Iterator[Schema]:
        """Yield what a schema comes to for a value: the alternatives that it fits."""
        options = list(self.alternatives(schema))
        yield from (o for o in options if len(options) == 1 or self.validator_of(o).is_valid(value))


@cache
def contract(role: System) -> Contract:
    """Return a role's contract, read once."""
    text = (FOLDER / f"{role.value.lower()}.yaml").read_text("utf-8")
    return Contract(role, yaml.safe_load(text))


@cache
def _validator(role: System, schema: str) -> Draft202012Validator:
    """Return what judges by a schema, given as JSON: those that are alike share one, since making it takes a while."""
    rooted = {**json.loads(schema), "components": contract(role).document["components"]}
    return Draft202012Validator(rooted, validate_formats=True)
