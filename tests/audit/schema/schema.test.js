// The schema as a product: clients' tools accept it, with operations as a storefront would send them.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { compileRelay, compileTypes, generateTypes, lint, mutant, ROOT } from "./tools.js";

const graphqlFiles = (folder) => readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith(".graphql"));

test("graphql-eslint finds nothing in the schema, the examples and a storefront's operations", () => {
  const { files, problems } = lint();

  assert.deepEqual(problems, []);
  assert.equal(files, 1 + graphqlFiles("app/examples").length + graphqlFiles("tests/audit/schema/operations").length);
});

test("graphql-eslint finds what is wrong in a schema", () => {
  const schema = mutant("lint", (sdl) =>
    sdl
      .replace('"""An amount of money."""\n', "")
      .replace("  hasNextPage: Boolean!", "  hasNextPage: Boolean")
      .replace("type AccountEdge {", "type AccountEdge {\n  node_number: Int!"),
  );

  const rules = new Set(lint(schema).problems.map(({ rule }) => rule.replace("@graphql-eslint/", "")));

  assert.deepEqual([...rules].sort(), ["naming-convention", "relay-page-info", "require-description"]);
});

test("GraphQL Code Generator types all operations, and its types say what is exact and what may be null", () => {
  const generated = generateTypes();
  assert.ok(generated.ok, generated.said);

  const compiled = compileTypes();

  assert.ok(compiled.ok, compiled.said);
});

test("relay-compiler compiles fragments, connections and refetching by node", () => {
  const { ok, said, folder } = compileRelay();

  assert.ok(ok, said);
  const artifacts = readdirSync(path.join(ROOT, folder)).filter((name) => name.endsWith(".graphql.ts"));
  assert.equal(artifacts.length, 9);
});

test("relay-compiler refuses a schema whose things are not found again by node", () => {
  const schema = mutant("relay", (sdl) => sdl.replace("type Category implements Node & ", "type Category implements "));

  const { ok, said } = compileRelay(schema);

  assert.equal(ok, false);
  assert.match(said, /@refetchable/);
});
