// Subscriptions as `graphql-sse` (distinct connections) and `graphql-ws` ask for them.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as sse from "graphql-sse";
import * as ws from "graphql-ws";
import WebSocket from "ws";
import { endpoint, kanava, signedIn } from "./server.js";

const CHANGES = "subscription { channelStatusChanged { mode systems { system circuit } } }";
const WHO = "{ viewer { account { number } } }";
const ANNA = { data: { viewer: { account: { number: "C-1002" } } } };
const BAD = { authorization: "Bearer nonsense" };
const NORMAL = { mode: "NORMAL", wms: "CLOSED" };
const WITHIN = { timeout: 60_000 };

const overSse = (headers) => sse.createClient({ url: endpoint(), headers, retryAttempts: 0 });

function overWs(connectionParams, webSocketImpl = WebSocket) {
  const url = endpoint().replace("http", "ws");
  return ws.createClient({ url, connectionParams, webSocketImpl, retryAttempts: 0 });
}

/** A browser cannot send headers with a WebSocket, others can. */
const withHeaders = (headers) =>
  class extends WebSocket {
    constructor(address, protocols) {
      super(address, protocols, { headers });
    }
  };

async function all(results) {
  const found = [];
  for await (const result of results) found.push(result);
  return found;
}

const stock = ({ value: { data } }) => {
  const { mode, systems } = data.channelStatusChanged;
  return { mode, wms: systems.find(({ system }) => system === "WMS").circuit };
};

const CLIENTS = [
  ["graphql-sse", async () => overSse(await signedIn())],
  ["graphql-ws", async () => overWs(await signedIn())],
];

for (const [name, connect] of CLIENTS) {
  test(`${name}: the status comes at once, and when an operator holds a circuit; the client leaves`, WITHIN, async (t) => {
    const client = await connect();
    t.after(() => client.dispose());
    t.after(() => kanava.run("circuits", "auto", "wms"));
    const changes = client.iterate({ query: CHANGES });
    const seen = [stock(await changes.next())];
    for (const wish of ["open", "close"]) {
      await kanava.run("circuits", wish, "wms");
      seen.push(stock(await changes.next()));
    }

    assert.deepEqual(seen, [NORMAL, { mode: "DEGRADED", wms: "OPEN" }, NORMAL]);
    assert.deepEqual(await changes.return(), { done: true, value: undefined });
    assert.deepEqual(await all(client.iterate({ query: WHO })), [ANNA]);
  });

  test(`${name}: a query is answered once, as who signed in, and complete`, WITHIN, async (t) => {
    const client = await connect();
    t.after(() => client.dispose());

    assert.deepEqual(await all(client.iterate({ query: WHO })), [ANNA]);
  });
}

test("graphql-ws: the token may stand in the header", WITHIN, async (t) => {
  const client = overWs(undefined, withHeaders(await signedIn()));
  t.after(() => client.dispose());

  assert.deepEqual(await all(client.iterate({ query: WHO })), [ANNA]);
});

test("graphql-sse: a subscription with a bad token is refused", WITHIN, async (t) => {
  const client = overSse(BAD);
  t.after(() => client.dispose());

  await assert.rejects(client.iterate({ query: CHANGES }).next(), ({ response }) => response.status === 401);
});

for (const [place, connect] of [
  ["connection_init", () => overWs(BAD)],
  ["the header", () => overWs(undefined, withHeaders(BAD))],
]) {
  test(`graphql-ws: a bad token in ${place} is refused`, WITHIN, async (t) => {
    const client = connect();
    t.after(() => client.dispose());

    await assert.rejects(client.iterate({ query: CHANGES }).next(), ({ code }) => code === ws.CloseCode.Unauthorized);
  });
}
