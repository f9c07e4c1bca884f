// What a storefront in TypeScript knows of the answers: this file compiles, or the types are not what they should be.
import type { ResultOf, VariablesOf } from "@graphql-typed-document-node/core";
import { useFragment } from "../../../var/audit/codegen";
import {
  CategoryPageDocument,
  ListingDocument,
  ProductCardFragmentDoc,
  ProductPageDocument,
  ThingsDocument,
  UnitPriceFragmentDoc,
} from "../../../var/audit/codegen/graphql";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_Claim extends true>() => {};

type Listed = NonNullable<ResultOf<typeof ListingDocument>["products"]>["nodes"][number];
type Variables = VariablesOf<typeof ProductPageDocument>;

holds<Same<NonNullable<Listed["price"]>["unitPrice"]["amount"], string>>();
holds<Same<Listed["name"], string>>();
holds<Same<undefined extends Listed["price"] ? true : false, false>>();
holds<Same<null extends Listed["price"] ? true : false, true>>();
holds<Same<Variables["quantity"], string>>();

// @ts-expect-error: a quantity is exact, so it is not a number
const _inexact: Variables = { sku: "KV-000001", quantity: 1.5 };

/** A page that goes on, and what its fragments hide until they are asked. */
export function firstPrice({ node }: ResultOf<typeof CategoryPageDocument>): string | null {
  if (!node || !("products" in node)) return null;
  const cursor: string | null = node.products.pageInfo.endCursor;
  const card = useFragment(ProductCardFragmentDoc, node.products.edges[0]?.node);
  const price = useFragment(UnitPriceFragmentDoc, card?.price);
  return price?.unitPrice.amount ?? cursor;
}

/** `nodes` is told apart by type, and holds null for what is not there. */
export function numbers({ nodes }: ResultOf<typeof ThingsDocument>): (string | null)[] {
  return nodes.map((node) => (node?.__typename === "Account" ? node.number : null));
}
