// GraphiQL as a person uses it: in a browser, over the sandbox, with nothing outside to be reached.
import assert from "node:assert/strict";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { launch, open } from "./browser.js";
import { ROOT, startKanava } from "./kanava.js";

const SCREENSHOTS = path.join(ROOT, "var/audit");
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TABS = ["Listing", "QuickOrder", "Hierarchy", "Product", "ChannelStatus"];
const PRICE = 'query Price { viewer { account { number } } product(sku: "KV-000001") { price { unitPrice { amount } } } }';

let kanava;
let browser;
let explorer;
let page;

before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  kanava = await startKanava();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await kanava?.stop();
});

beforeEach(async () => {
  await page?.context().close();
  explorer = await open(browser, `${kanava.origin}/graphql`);
  page = explorer.page;
  await page.locator(".graphiql-execute-button").waitFor();
});

const settle = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const editor = (part) => page.locator(`${part} .CodeMirror`);
const contentOf = (part) => editor(part).evaluate((element) => element.CodeMirror.getValue());
const fill = (part, text) => editor(part).evaluate((element, value) => element.CodeMirror.setValue(value), text);
const QUERY = ".graphiql-query-editor";
const RESULT = ".result-window";
const HEADERS = ".graphiql-editor-tool .graphiql-editor:not(.hidden)";

/** Run what stands there, and return the answer that the result pane shows. */
async function run() {
  await fill(RESULT, "");
  await page.locator(".graphiql-execute-button").click();
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await settle(25)) {
    const shown = await contentOf(RESULT);
    if (shown.trim()) return JSON.parse(shown);
  }
  throw new Error("no answer was shown");
}

async function seeResult(text) {
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await settle(25)) {
    if ((await contentOf(RESULT)).includes(text)) return;
  }
  throw new Error(`${text} was not shown`);
}

async function runQuery(query) {
  await fill(QUERY, query);
  return run();
}

/** Wait until the editor knows the schema: what is typed before, nothing is proposed for. */
async function knowSchema() {
  const knows = () => editor(QUERY).evaluate((element) => Boolean(element.CodeMirror.options.hintOptions.schema));
  for (const deadline = Date.now() + 10_000; Date.now() < deadline; await settle(25)) {
    if (await knows()) return;
  }
  throw new Error("the schema did not come");
}

async function typeQuery(text) {
  await editor(QUERY).click();
  await page.keyboard.press("Control+A");
  await page.keyboard.press("Delete");
  await page.keyboard.type(text);
}

const tabs = () => page.locator(".graphiql-tab-button");
const tab = (title) => tabs().filter({ hasText: title });
const codesOf = (answer) => answer.errors.map(({ extensions }) => extensions?.code);

function assertStayedInside() {
  const outside = explorer.requests.filter((address) => !address.startsWith(`${kanava.origin}/graphql`));
  assert.deepEqual(outside, []);
  assert.deepEqual(explorer.violations, []);
  assert.deepEqual(explorer.errors, []);
}

test("the page comes under a strict policy and asks only Kanava", async (t) => {
  await page.waitForLoadState("networkidle");
  const asked = [...new Set(explorer.requests)].map((address) => address.slice(kanava.origin.length));

  assert.equal(explorer.response.headers()["content-security-policy"], POLICY);
  assert.deepEqual(asked.sort(), [
    "/graphql",
    "/graphql/explorer/config.json",
    "/graphql/explorer/explorer.css",
    "/graphql/explorer/explorer.js",
    "/graphql/explorer/icon.svg",
  ]);
  assert.equal(await page.title(), "Kanava");
  assertStayedInside();
  t.diagnostic(`content-security-policy: ${explorer.response.headers()["content-security-policy"]}`);
  asked.forEach((address) => t.diagnostic(`asked for ${address}`));
});

test("the policy is looked at: a style and an outside picture of one's own are noticed", async () => {
  await page.evaluate(() => {
    document.head.append(Object.assign(document.createElement("style"), { textContent: "body { color: red }" }));
    document.body.append(Object.assign(new Image(), { src: "http://outside.example/picture.png" }));
  });
  await settle(200);

  assert.ok(explorer.violations.some((violation) => violation.includes("style-src")));
  assert.ok(explorer.violations.some((violation) => violation.includes("img-src")));
});

test("a query typed in runs and shows data", async () => {
  await typeQuery('{ product(sku: "KV-000001") { sku name price { unitPrice { currency } } } }');
  const { data, errors } = await run();

  assert.equal(errors, undefined);
  assert.equal(data.product.sku, "KV-000001");
  assert.equal(data.product.price.unitPrice.currency, "EUR");
  assertStayedInside();
});

test("fields are proposed while typing", async () => {
  await knowSchema();
  await typeQuery("{ chan");
  await page.locator(".CodeMirror-hints").getByText("channelStatus").first().waitFor();
  assertStayedInside();
});

test("every example tab runs as it stands, right after it was opened", async () => {
  assert.deepEqual(await tabs().allTextContents(), TABS);
  for (const title of [...TABS, ...TABS.toReversed()]) {
    await tab(title).click();
    const answer = await run();

    assert.equal(answer.errors, undefined, `${title}: ${JSON.stringify(answer.errors)}`);
    assert.ok(answer.data);
  }
  assertStayedInside();
});

test("a subscription shows how the channel is, and each change while it lasts", async (t) => {
  t.after(() => kanava.run("circuits", "auto", "wms"));
  await fill(QUERY, "subscription { channelStatusChanged { mode } }");
  const first = await run();
  await kanava.run("circuits", "open", "wms");
  await seeResult("DEGRADED");
  await kanava.run("circuits", "close", "wms");
  await seeResult("NORMAL");
  await page.locator(".graphiql-execute-button").click();
  const after = await runQuery("{ channelStatus { mode } }");

  assert.deepEqual(first.data, { channelStatusChanged: { mode: "NORMAL" } });
  assert.deepEqual(after.data, { channelStatus: { mode: "NORMAL" } });
  assertStayedInside();
});

test("another person gets other prices, when they run it", async () => {
  const unitPrice = { account: "C-2001", sku: "KV-000001", unit_price: "12.3400" };
  await fetch(kanava.sandbox("erp", "/_sandbox/price"), { method: "PUT", body: JSON.stringify(unitPrice) });
  const anna = await runQuery(PRICE);
  const before = explorer.requests.length;
  await page.locator("#person").selectOption("elena");
  await settle(600);
  const between = explorer.requests.length;
  const elena = await run();

  assert.equal(between, before);
  assert.equal(anna.data.viewer.account.number, "C-1002");
  assert.notEqual(anna.data.product.price.unitPrice.amount, "12.3400");
  assert.equal(elena.data.viewer.account.number, "C-2001");
  assert.equal(elena.data.product.price.unitPrice.amount, "12.3400");
  assertStayedInside();
});

test("a visitor, and anybody by account number", async () => {
  await page.locator("#person").selectOption("");
  const visitor = await runQuery('{ viewer { user { name } } product(sku: "KV-000001") { priceStatus } }');
  await page.locator("#person").selectOption({ label: "somebody else …" });
  await page.locator("#other").fill("C-3001");
  const buyer = await runQuery(PRICE);
  await page.locator("#other").fill("eve");
  const unknown = await runQuery(PRICE);

  assert.deepEqual(visitor.data, { viewer: null, product: { priceStatus: "LOGIN_REQUIRED" } });
  assert.equal(buyer.data.viewer.account.number, "C-3001");
  assert.equal(unknown.errors[0].message, 'The sandbox knows no person and no account "eve".');
  assert.equal(unknown.httpStatus, 404);
  assertStayedInside();
});

test("the account acted for is chosen; one that is not theirs is not found", async () => {
  await page.locator("#person").selectOption("mikko");
  await page.locator("#account").fill("C-1003");
  const own = await runQuery(PRICE);
  await page.locator("#account").fill("C-2001");
  const others = await run();

  assert.equal(own.data.viewer.account.number, "C-1003");
  assert.deepEqual(codesOf(others), ["NOT_FOUND"]);
  assert.equal(others.errors[0].message, 'There is no account "C-2001" that you may act for.');
  assertStayedInside();
});

test("the language is chosen", async () => {
  const query = '{ product(sku: "KV-000001") { name fi: name(locale: "fi") en: name(locale: "en") } }';
  await page.locator("#language").selectOption("fi");
  const finnish = (await runQuery(query)).data.product;
  await page.locator("#language").selectOption("en");
  const english = (await run()).data.product;

  assert.equal(finnish.name, finnish.fi);
  assert.equal(english.name, english.en);
  assert.notEqual(finnish.name, english.name);
});

test("the Headers pane has the last word", async () => {
  await page.getByRole("button", { name: "Headers", exact: true }).click();
  await fill(HEADERS, '{ "Authorization": "Bearer nonsense" }');
  const bad = await runQuery(PRICE);
  await fill(HEADERS, '{ "authorization": null }');
  const nobody = await run();

  assert.equal(bad.httpStatus, 401);
  assert.deepEqual(codesOf(bad), ["UNAUTHENTICATED"]);
  assert.equal(nobody.data.viewer, null);
  assertStayedInside();
});

test("errors show: a bad query, a system that is down, Kanava that does not answer", async () => {
  const bad = await runQuery("{ nothing }");
  const fault = kanava.sandbox("iam", "/_sandbox/fault");
  await fetch(fault, { method: "PUT", body: JSON.stringify({ mode: "down" }) });
  await page.locator("#person").selectOption("sari");
  const noToken = await runQuery(PRICE);
  await fetch(fault, { method: "PUT", body: JSON.stringify({ mode: "ok" }) });
  const again = await run();
  await page.route("**/graphql", (route) => route.abort());
  const gone = await run();

  assert.deepEqual(codesOf(bad), ["BAD_USER_INPUT"]);
  assert.equal(noToken.httpStatus, 503);
  assert.equal(noToken.errors[0].extensions.system, "IAM");
  assert.equal(again.data.viewer.account.number, "C-1000");
  assert.deepEqual(gone, { errors: [{ message: `Kanava does not answer at ${kanava.origin}/graphql. Is it running?` }] });
  assert.deepEqual(explorer.violations, []);
});

test("the schema's documentation opens and is searched", async () => {
  await page.getByRole("button", { name: "Show Documentation Explorer" }).click();
  await page.locator(".graphiql-doc-explorer").getByText("Query", { exact: true }).first().click();
  await page.locator(".graphiql-doc-explorer").getByText("productsByCode").first().waitFor();
  await page.locator(".graphiql-doc-explorer-search input").fill("freshness");
  await page.getByRole("option").first().waitFor();
  await page.screenshot({ path: path.join(SCREENSHOTS, "graphiql-docs.png") });
  assertStayedInside();
});

test("dialogs, history and a new tab keep to the policy", async () => {
  await page.getByRole("button", { name: "Open settings dialog" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Open short keys dialog" }).click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show History" }).click();
  await page.getByRole("button", { name: "New tab" }).click();
  await page.getByRole("button", { name: "Prettify query" }).click();

  assert.equal(await tabs().count(), TABS.length + 1);
  assertStayedInside();
});

test("a reload keeps everything, Reset brings the start back", async () => {
  await page.locator("#person").selectOption("mikko");
  await page.locator("#account").fill("C-1001");
  await runQuery("query Mine { channelStatus { mode } }");
  await settle(700);
  await page.reload();
  await tab("Mine").waitFor();
  const kept = [await page.locator("#person").inputValue(), await page.locator("#account").inputValue()];
  await page.locator("#reset").click();
  await tab("Listing").waitFor();

  assert.deepEqual(kept, ["mikko", "C-1001"]);
  assert.deepEqual(await tabs().allTextContents(), TABS);
  assert.equal(await page.locator("#person").inputValue(), "anna");
  assert.equal(await page.locator("#account").inputValue(), "");
  assertStayedInside();
});

test("a listing is worth looking at", async () => {
  await run();
  const { data } = await run();
  await settle(500); // until the pane has its folding marks
  await page.screenshot({ path: path.join(SCREENSHOTS, "graphiql-listing.png") });

  assert.equal(data.products.nodes.length, 12);
  assertStayedInside();
});
