// GraphQL Code Generator as a storefront in TypeScript sets it up. Paths are from the root of the project.
import { preset } from "@graphql-codegen/client-preset";

const scalars = {
  CurrencyCode: "string",
  Cursor: "string",
  Date: "string",
  DateTime: "string",
  Decimal: "string", // a number would lose what a price has to keep
  URL: "string",
};

export default {
  schema: "schema.graphql",
  documents: ["app/examples/*.graphql", "tests/audit/schema/operations/*.graphql"],
  generates: { "var/audit/codegen/": { preset, config: { scalars, strictScalars: true, useTypeImports: true } } },
};
