// The runtime of Relay 21, without a view library, on what its compiler made.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { ask, connectRelay, seen } from "./relay.js";
import { endpoint, signedIn } from "./server.js";
import { compileRelay } from "./tools.js";

describe("Relay", () => {
  let artifact;

  before(async () => {
    ({ artifact } = await compileRelay("relay"));
  });

  async function connect() {
    const sent = ({ text }, variables) => ({ query: text, variables });
    return connectRelay({ url: endpoint(), headers: await signedIn(), sent });
  }

  test("a connection goes on where its first page ended", async () => {
    const environment = await connect();
    const listing = artifact("StorefrontQuery");
    const one = (await ask(environment, listing, { count: 3 })).products;
    const both = (await ask(environment, listing, { count: 3, cursor: one.pageInfo.endCursor })).products;
    const ids = both.edges.map(({ node }) => node.id);

    assert.equal(one.edges.length, 3);
    assert.equal(one.pageInfo.hasNextPage, true);
    assert.deepEqual(ids.slice(0, 3), one.edges.map(({ node }) => node.id));
    assert.equal(new Set(ids).size, 6);
  });

  test("a product of a listing is asked for again by its id, for another quantity", async () => {
    const environment = await connect();
    const { node } = (await ask(environment, artifact("StorefrontQuery"), { count: 1 })).products.edges[0];
    const again = await ask(environment, artifact("StorefrontProductQuery"), { id: node.id, quantity: "10" });
    const fragment = artifact("Storefront_product");
    const [listed, refetched] = [node, again.node].map((reference) => seen(environment, fragment, reference));

    assert.equal(again.node.__id, node.id);
    assert.equal(refetched.sku, listed.sku);
    assert.equal(refetched.price.unitPrice.currency, "EUR");
    assert.match(refetched.price.unitPrice.amount, /^\d+\.\d+$/);
  });
});
