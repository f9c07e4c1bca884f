// Apollo Client 4, without a view library.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { endpoint, noting, signedIn, SKU } from "./server.js";

const NAME = gql`query Name($sku: String!) { product(sku: $sku) { id sku name } }`;
const PARTLY = gql`query Partly($sku: String!) { product(sku: $sku) { id sku price(quantity: -1) { net } } }`;
const AGE = "price { freshness { status } }";
const sku = { sku: SKU };
const sha256 = (text) => createHash("sha256").update(text).digest("hex");

/** Return a client; `links` stand before the one to Kanava, `noted` notes what it sends. */
async function connect({ links = [], noted = [], cache = new InMemoryCache(), headers } = {}) {
  const http = new HttpLink({ uri: endpoint(), headers: headers ?? (await signedIn()), fetch: noting(noted) });
  return new ApolloClient({ link: ApolloLink.from([...links, http]), cache });
}

test("Apollo: a query is answered in the newer media type", async () => {
  const noted = [];
  const client = await connect({ noted });
  const { data } = await client.query({ query: NAME, variables: sku });

  assert.equal(data.product.sku, SKU);
  assert.equal(noted.length, 1);
  assert.match(noted[0].response.headers.get("content-type"), /^application\/graphql-response\+json(;|$)/);
});

test("Apollo: errorPolicy none throws what a field could not give", async () => {
  const client = await connect();

  await assert.rejects(client.query({ query: PARTLY, variables: sku }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0].extensions.code, "BAD_USER_INPUT");
    assert.deepEqual(error.errors[0].path, ["product", "price"]);
    return true;
  });
});

test("Apollo: errorPolicy ignore shows what there is, and no error", async () => {
  const client = await connect();
  const { data, error } = await client.query({ query: PARTLY, variables: sku, errorPolicy: "ignore" });

  assert.equal(error, undefined);
  assert.equal(data.product.sku, SKU);
  assert.equal(data.product.price, null);
});

test("Apollo: errorPolicy all shows both", async () => {
  const client = await connect();
  const { data, error } = await client.query({ query: PARTLY, variables: sku, errorPolicy: "all" });

  assert.ok(CombinedGraphQLErrors.is(error));
  assert.deepEqual(error.errors.map(({ path }) => path), [["product", "price"]]);
  assert.equal(data.product.sku, SKU);
  assert.equal(data.product.price, null);
});

for (const errorPolicy of ["none", "all"]) {
  test(`Apollo: errorPolicy ${errorPolicy} tells that a document does not fit the schema`, async () => {
    const client = await connect();
    const asked = client.query({ query: gql`{ nothing }`, errorPolicy }).then(({ error }) => Promise.reject(error));

    await assert.rejects(asked, (error) => {
      assert.ok(CombinedGraphQLErrors.is(error));
      assert.equal(error.errors[0].extensions.code, "BAD_USER_INPUT");
      return true;
    });
  });
}

test("Apollo: a bad token is an error with its code, not a failed connection", async () => {
  const client = await connect({ headers: { authorization: "Bearer nonsense" } });

  await assert.rejects(client.query({ query: NAME, variables: sku }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.equal(error.errors[0].extensions.code, "UNAUTHENTICATED");
    return true;
  });
});

for (const [method, useGETForHashedQueries] of [["POST", false], ["GET", true]]) {
  test(`Apollo: a persisted query by ${method} is sent whole once, then by its hash`, async () => {
    const noted = [];
    const query = gql(`query By${method}($sku: String!) { product(sku: $sku) { id sku } }`);
    const ask = async () => {
      const links = [new PersistedQueryLink({ sha256, useGETForHashedQueries })];
      const client = await connect({ links, noted });
      return (await client.query({ query, variables: sku })).data.product.sku;
    };

    assert.deepEqual([await ask(), await ask()], [SKU, SKU]);
    assert.deepEqual(noted.map((one) => one.method), [method, "POST", method]);
    assert.deepEqual(noted.map(({ url, body }) => `${url}${body}`.includes(`By${method}(`)), [false, true, false]);
  });
}

test("Apollo: a hash that is not the query's is refused", async () => {
  const noted = [];
  const links = [new PersistedQueryLink({ sha256: (text) => sha256(`${text} `) })];
  const client = await connect({ links, noted });

  await assert.rejects(client.query({ query: NAME, variables: sku }), (error) => {
    assert.ok(CombinedGraphQLErrors.is(error));
    assert.deepEqual(error.errors.map(({ extensions }) => extensions.code), ["BAD_USER_INPUT"]);
    return true;
  });
  assert.equal(noted.length, 2); // first by the hash alone, which means nothing yet
});

test("Apollo: what was seen in a listing is found again in the cache by its id, without asking", async () => {
  const noted = [];
  const node = { read: (_known, { args, toReference }) => toReference(args.id) };
  const cache = new InMemoryCache({ dataIdFromObject: ({ id }) => id, typePolicies: { Query: { fields: { node } } } });
  const client = await connect({ noted, cache });
  const listing = gql`{ products(first: 5) { nodes { id sku name categories { id name } } } }`;
  const { nodes } = (await client.query({ query: listing })).data.products;
  const again = gql`query Again($id: ID!) { node(id: $id) { id ... on Product { sku name } } }`;
  const { data } = await client.query({ query: again, variables: { id: nodes[2].id } });
  const kept = Object.keys(cache.extract()).filter((key) => key !== "ROOT_QUERY" && key !== "__META").sort();
  const ids = nodes.flatMap(({ id, categories }) => [id, ...categories.map((category) => category.id)]);

  assert.equal(nodes.length, 5);
  assert.deepEqual(kept, [...new Set(ids)].sort());
  assert.equal(data.node.name, nodes[2].name);
  assert.equal(noted.length, 1);
});

test("Apollo: @freshness reaches Kanava, which asks the ERP again", async () => {
  const client = await connect();
  const plain = gql(`query Plain($sku: String!) { product(sku: $sku) { id ${AGE} } }`);
  const fresh = gql(`query Fresh($sku: String!) @freshness(maxAgeSeconds: 0) { product(sku: $sku) { id ${AGE} } }`);
  const status = async (query) => {
    const { data } = await client.query({ query, variables: sku, fetchPolicy: "no-cache" });
    return data.product.price.freshness.status;
  };
  await status(plain);

  assert.equal(await status(plain), "CACHED");
  assert.equal(await status(fresh), "LIVE");
});
