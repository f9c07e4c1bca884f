// Trusted documents: what a storefront's build wrote runs, by id or by text, and nothing else does.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, test } from "node:test";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { ask, connectRelay } from "./relay.js";
import { noting, signedIn, SKU, startBeside } from "./server.js";
import { compileRelay, generateDocuments } from "./tools.js";

async function post(server, body) {
  const headers = { ...(await signedIn()), "content-type": "application/json" };
  const response = await fetch(`${server.origin}/graphql`, { method: "POST", headers, body: JSON.stringify(body) });
  return response.json();
}

/** Refused are a text that no build wrote, and an id that means nothing. */
async function assertOthersAreRefused(server) {
  for (const other of [{ query: "{ channelStatus { mode } }" }, { documentId: "0123456789abcdef0123456789abcdef" }]) {
    const { data, errors } = await post(server, other);

    assert.equal(data, undefined);
    assert.deepEqual(errors.map(({ extensions }) => extensions.code), ["FORBIDDEN"]);
  }
}

/** The client asked once, and sent no text. */
function assertSentById(noted, method) {
  assert.deepEqual(noted.map((one) => one.method), [method]);
  assert.doesNotMatch(`${noted[0].url}${noted[0].body ?? ""}`, /fragment|"query"|[?&]query=/);
}

describe("Trusted documents", () => {
  let relay, generated, relayServer, codegenServer;

  before(async () => {
    relay = await compileRelay("relay-persisted", { algorithm: "MD5" });
    generated = await generateDocuments();
    [relayServer, codegenServer] = await Promise.all(
      [relay, generated].map(({ manifest }) => startBeside({ KANAVA_TRUSTED_DOCUMENTS: manifest })),
    );
  });

  after(() => Promise.all([relayServer?.stop(), codegenServer?.stop()]));

  for (const name of ["doc_id", "documentId", "id"]) {
    test(`Relay: persisted queries run by id, sent as ${name}`, async () => {
      const sent = ({ id }, variables) => ({ [name]: id, variables });
      const environment = connectRelay({ url: `${relayServer.origin}/graphql`, headers: await signedIn(), sent });
      const query = relay.artifact("StorefrontQuery");
      const { products } = await ask(environment, query, { count: 3 });

      assert.equal(query.params.text, null);
      assert.equal(products.edges.length, 3);
    });
  }

  test("Relay: a text that the compiler wrote runs, too, however it is spaced", async () => {
    const texts = Object.values(JSON.parse(await readFile(relay.manifest, "utf8")));
    const query = texts.find((text) => text.startsWith("query StorefrontQuery")).replace(/\s+/g, " ");
    const { data } = await post(relayServer, { query, variables: { count: 2 } });

    assert.equal(data.products.edges.length, 2);
  });

  test("Relay: everything else is refused", () => assertOthersAreRefused(relayServer));

  for (const [method, useGETForHashedQueries] of [["POST", false], ["GET", true]]) {
    test(`GraphQL Code Generator with Apollo Client: by id, by ${method}`, async () => {
      const noted = [];
      const generateHash = (document) => document.__meta__.hash;
      const uri = `${codegenServer.origin}/graphql`;
      const http = new HttpLink({ uri, headers: await signedIn(), fetch: noting(noted) });
      const link = ApolloLink.from([new PersistedQueryLink({ generateHash, useGETForHashedQueries }), http]);
      const client = new ApolloClient({ link, cache: new InMemoryCache() });
      const query = generated.documents.ProductPageDocument;
      const { data } = await client.query({ query, variables: { sku: SKU }, fetchPolicy: "no-cache" });

      assert.equal(data.product.sku, SKU);
      assertSentById(noted, method);
    });
  }

  for (const [method, preferGetForPersistedQueries] of [["POST", false], ["GET", true]]) {
    test(`GraphQL Code Generator with urql: by id, by ${method}`, async () => {
      const noted = [];
      const generateHash = async (_text, document) => document.__meta__.hash;
      const options = { enforcePersistedQueries: true, preferGetForPersistedQueries, generateHash };
      const client = new Client({
        url: `${codegenServer.origin}/graphql`,
        exchanges: [persistedExchange(options), fetchExchange],
        fetch: noting(noted),
        fetchOptions: { headers: await signedIn() },
        preferGetMethod: false,
      });
      const { data, error } = await client.query(generated.documents.ListingDocument, { first: 2 }).toPromise();

      assert.equal(error, undefined);
      assert.equal(data.products.nodes.length, 2);
      assertSentById(noted, method);
    });
  }

  test("GraphQL Code Generator: everything else is refused", () => assertOthersAreRefused(codegenServer));
});
