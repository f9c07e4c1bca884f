// What the schema and the sample operations are held to. Paths are from the root of the project, where eslint is run.
import graphql from "@graphql-eslint/eslint-plugin";

const schema = process.env.SCHEMA ?? "schema.graphql";
const examples = ["app/examples/*.graphql"];
const operations = ["tests/audit/schema/operations/*.graphql"];
const graphQLConfig = { schema, documents: [...examples, ...operations] };
const base = {
  plugins: { "@graphql-eslint": graphql },
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig } },
};
const rulesOf = (name) => graphql.configs[`flat/${name}`].rules;

export default [
  {
    ...base,
    files: [schema],
    rules: {
      ...rulesOf("schema-recommended"),
      ...rulesOf("schema-relay"),
      // Lists that grow are walked forward: `first` and `after` are all there is.
      "@graphql-eslint/relay-arguments": ["error", { includeBoth: false }],
      // Connections have `nodes` beside `edges`, and short lists are plain lists.
      "@graphql-eslint/relay-edge-types": ["error", { listTypeCanWrapOnlyEdgeType: false }],
      // Values such as money have no identity. What has one is a `Node`.
      "@graphql-eslint/strict-id-in-types": "off",
    },
  },
  { ...base, files: [...examples, ...operations], rules: rulesOf("operations-recommended") },
  // People read the examples in GraphiQL; no client's cache needs an `id` in every selection there.
  { files: examples, rules: { "@graphql-eslint/require-selections": "off" } },
];
