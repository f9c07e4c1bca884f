// urql 6, without a view library.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client, fetchExchange, gql, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-sse";
import { endpoint, noting, signedIn, SKU } from "./server.js";

const NAME = gql`query Name($sku: String!) { product(sku: $sku) { id sku name } }`;
const CHANGES = gql`subscription { channelStatusChanged { mode } }`;
const ACCEPT =
  "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed";
const PLAIN = /^application\/graphql-response\+json(;|$)/;
const WITHIN_MS = 5_000;
const sku = { sku: SKU };

/** Return a client; `noted` notes what it sends. */
async function connect({ noted = [], headers, ...options } = {}) {
  const fetchOptions = { headers: headers ?? (await signedIn()) };
  return new Client({ url: endpoint(), exchanges: [fetchExchange], fetch: noting(noted), fetchOptions, ...options });
}

/** Return the first result of a subscription, and leave it. */
function first(subscription) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no event within ${WITHIN_MS} ms`)), WITHIN_MS);
    const { unsubscribe } = subscription.subscribe((result) => {
      clearTimeout(late);
      resolve(result);
      queueMicrotask(() => unsubscribe());
    });
  });
}

for (const [method, preferGetMethod] of [["POST", false], ["GET", "force"]]) {
  test(`urql: a query by ${method} gets plain JSON, though its Accept mentions events`, async () => {
    const noted = [];
    const client = await connect({ noted, preferGetMethod });
    const { data, error } = await client.query(NAME, sku).toPromise();

    assert.equal(error, undefined);
    assert.equal(data.product.sku, SKU);
    assert.deepEqual(noted.map((one) => [one.method, one.accept]), [[method, ACCEPT]]);
    assert.match(noted[0].response.headers.get("content-type"), PLAIN);
  });
}

test("urql: what it could not get is told with its code and place, beside the rest", async () => {
  const client = await connect();
  const partly = gql`query Partly($sku: String!) { product(sku: $sku) { sku price(quantity: -1) { net } } }`;
  const { data, error } = await client.query(partly, sku).toPromise();

  assert.deepEqual(data, { product: { sku: SKU, price: null } });
  assert.deepEqual(error.graphQLErrors.map(({ extensions }) => extensions.code), ["BAD_USER_INPUT"]);
  assert.deepEqual(error.graphQLErrors[0].path, ["product", "price"]);
});

test("urql: a bad token is an error with its code, not a failed connection", async () => {
  const client = await connect({ headers: { authorization: "Bearer nonsense" } });
  const { error } = await client.query(NAME, sku).toPromise();

  assert.deepEqual(error.graphQLErrors.map(({ extensions }) => extensions.code), ["UNAUTHENTICATED"]);
  assert.equal(error.response.status, 401);
});

test("urql: a subscription through graphql-sse gets the status at once", async (t) => {
  const headers = await signedIn();
  const events = createClient({ url: endpoint(), headers, retryAttempts: 0 });
  t.after(() => events.dispose());
  const forwardSubscription = ({ query, variables }) => ({
    subscribe: (sink) => ({ unsubscribe: events.subscribe({ query, variables }, sink) }),
  });
  const client = await connect({ headers, exchanges: [fetchExchange, subscriptionExchange({ forwardSubscription })] });
  const { data, error } = await first(client.subscription(CHANGES, {}));

  assert.equal(error, undefined);
  assert.equal(data.channelStatusChanged.mode, "NORMAL");
});

test("urql: a subscription through its own reading of events gets the status at once", async () => {
  const noted = [];
  const client = await connect({ noted, fetchSubscriptions: true });
  const { data, error } = await first(client.subscription(CHANGES, {}));

  assert.equal(error, undefined);
  assert.equal(data.channelStatusChanged.mode, "NORMAL");
  assert.match(noted[0].response.headers.get("content-type"), /^text\/event-stream(;|$)/);
});
