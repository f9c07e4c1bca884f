// Kanava with tokens of a provider that others run: oidc-provider, certified by the OpenID Foundation.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startKanava } from "../kanava.js";
import { CLAIMS, startProvider } from "./provider.js";

const WHO = "{ viewer { user { name roles { code } } account { number } } }";
const ASKED_AGAIN_WITHIN_MS = 15_000;

let provider;
let other;
let kanava;

before(async () => {
  [provider, other] = await Promise.all([startProvider(), startProvider()]);
  kanava = await startKanava({ KANAVA_OIDC_ISSUER: provider.issuer, ...CLAIMS });
});

after(async () => {
  await kanava?.stop();
  await Promise.all([provider?.stop(), other?.stop()]);
});

const settle = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const headerOf = (token) => JSON.parse(Buffer.from(token.split(".")[0], "base64url"));

/** Ask who one is, with a token or as a visitor. */
async function ask(token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${kanava.origin}/graphql`, { method: "POST", headers, body: JSON.stringify({ query: WHO }) });
  const { data, errors = [] } = await answer.json();
  return { status: answer.status, codes: errors.map(({ extensions }) => extensions.code), data };
}

async function account(token) {
  const { status, data } = await ask(token);
  return { status, account: data?.viewer?.account?.number };
}

const UNAUTHENTICATED = { status: 401, codes: ["UNAUTHENTICATED"], data: undefined };

for (const alg of ["RS256", "ES256", "PS256"]) {
  test(`a token signed with ${alg} names its person`, async () => {
    const token = await provider.token("anna", `urn:kanava:${alg}`);

    const { alg: signed, typ } = headerOf(token);
    assert.deepEqual({ signed, typ }, { signed: alg, typ: "at+jwt" });
    assert.deepEqual(await account(token), { status: 200, account: "C-1002" });
  });
}

test("of the roles that the CRM gives, those count that the token names", async () => {
  const [anna, sari] = await Promise.all(["anna", "sari"].map((name) => provider.token(name, "urn:kanava:RS256")));
  const user = async (token) => (await ask(token)).data.viewer.user;

  assert.deepEqual(await user(anna), { name: "Anna Virtanen", roles: [{ code: "buyer" }] });
  assert.deepEqual(await user(sari), { name: "Sari Lindqvist", roles: [] });
});

test("a token may be for an account, if the CRM lets its person act for it", async () => {
  const [mikko, elena] = await Promise.all(["mikko", "elena"].map((name) => provider.token(name, "urn:kanava:RS256")));

  assert.deepEqual(await account(mikko), { status: 200, account: "C-1003" });
  assert.deepEqual((await ask(elena)).codes, ["NOT_FOUND"]);
});

test("a token for others, of others, or that is none, is refused", async () => {
  const good = await provider.token("anna", "urn:kanava:RS256");
  const [head, , signature] = good.split(".");
  const body = (await provider.token("mikko", "urn:kanava:RS256")).split(".")[1];

  assert.deepEqual(await ask(await provider.token("anna", "urn:elsewhere:RS256")), UNAUTHENTICATED);
  assert.deepEqual(await ask(await other.token("anna", "urn:kanava:RS256")), UNAUTHENTICATED);
  assert.deepEqual(await ask(await provider.token("anna")), UNAUTHENTICATED);
  assert.deepEqual(await ask(`${head}.${body}.${signature}`), UNAUTHENTICATED);
});

test("after the provider exchanged its keys the new ones count, and the old ones no more", async () => {
  const [used, unused] = await Promise.all([1, 2].map(() => provider.token("anna", "urn:kanava:ES256")));
  assert.equal((await account(used)).status, 200);
  provider.rotate();
  const token = await provider.token("anna", "urn:kanava:ES256");

  const deadline = Date.now() + ASKED_AGAIN_WITHIN_MS;
  while ((await account(token)).status !== 200 && Date.now() < deadline) await settle(250);

  assert.deepEqual(await account(token), { status: 200, account: "C-1002" });
  assert.deepEqual(await ask(used), UNAUTHENTICATED);
  assert.deepEqual(await ask(unused), UNAUTHENTICATED);
});

test("while the provider is down its tokens are good, and visitors go on", async () => {
  const token = await provider.token("anna", "urn:kanava:RS256");
  await provider.stop();

  assert.deepEqual(await account(token), { status: 200, account: "C-1002" });
  assert.deepEqual(await ask(), { status: 200, codes: [], data: { viewer: null } });
});
