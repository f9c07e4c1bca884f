// The status page as an operator sees it: on a phone and at a desk, while the ERP is killed, with nothing outside to be reached.
import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { after, afterEach, before, test } from "node:test";
import { launch, open } from "./browser.js";
import { ROOT, startKanava } from "./kanava.js";

const SCREENSHOTS = path.join(ROOT, "var/audit");
const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1440, height: 900 };
const FAILURES_TO_OPEN = 5;
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

let kanava;
let browser;
let listing;
let opened;

before(async () => {
  await mkdir(SCREENSHOTS, { recursive: true });
  kanava = await startKanava();
  browser = await launch();
  const { access_token } = await (await fetch(kanava.sandbox("iam", "/token?user=anna"))).json();
  const query = await readFile(path.join(ROOT, "app/examples/1-listing.graphql"), "utf8");
  const variables = await readFile(path.join(ROOT, "app/examples/1-listing.json"), "utf8");
  const headers = { "content-type": "application/json", authorization: `Bearer ${access_token}` };
  listing = (changed) => {
    const body = JSON.stringify({ query, variables: { ...JSON.parse(variables), ...changed } });
    return fetch(`${kanava.origin}/graphql`, { method: "POST", headers, body });
  };
});

after(async () => {
  await browser?.close();
  await kanava?.stop();
});

afterEach(async () => {
  await opened?.page.context().close();
  opened = undefined;
});

async function look(size, colorScheme = "light") {
  opened = await open(browser, `${kanava.origin}/status`, size);
  await opened.page.emulateMedia({ colorScheme });
  await opened.page.waitForLoadState("networkidle");
  return opened.page;
}

const screenshot = (page, name) => page.screenshot({ path: path.join(SCREENSHOTS, `${name}.png`), fullPage: true });
const card = (page, system) => page.locator(".card").filter({ has: page.locator("h3", { hasText: system }) });

/** Return each visible text with its size in px and its contrast to what is behind it (WCAG 2, 1.4.3). */
const texts = (page) =>
  page.evaluate(() => {
    const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
    const luminance = (colour) => {
      const [r, g, b] = channels(colour).map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      const { backgroundColor } = getComputedStyle(element);
      return channels(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
      const [text, element] = [walker.currentNode.textContent.trim(), walker.currentNode.parentElement];
      if (!text || !element.checkVisibility()) continue;
      const style = getComputedStyle(element);
      const [dark, bright] = [luminance(style.color), luminance(behind(element))].sort((a, b) => a - b);
      found.push({ text, size: parseFloat(style.fontSize), contrast: (bright + 0.05) / (dark + 0.05) });
    }
    return found;
  });

async function assertReadable(page) {
  const found = await texts(page);
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);

  assert.ok(found.length > 20);
  assert.deepEqual(found.filter(({ size }) => size < 14), []);
  assert.deepEqual(found.filter(({ contrast }) => contrast < 4.5), []);
  assert.ok(width[0] <= width[1], `${width[0]} px of page on ${width[1]} px of screen`);
}

function assertStayedInside() {
  assert.deepEqual(opened.requests.filter((address) => !address.startsWith(`${kanava.origin}/status`)), []);
  assert.deepEqual(opened.violations, []);
  assert.deepEqual(opened.errors, []);
}

test("before anything was asked the page says so, under a strict policy, and asks only Kanava", async () => {
  const page = await look(PHONE);
  const asked = [...new Set(opened.requests)].map((address) => address.slice(kanava.origin.length));

  assert.equal(opened.response.headers()["content-security-policy"], POLICY);
  assert.deepEqual(asked.sort(), ["/status", "/status/icon.svg", "/status/status.css", "/status/status.js"]);
  assert.equal(await page.locator(".mode").textContent(), "NORMAL");
  assert.deepEqual(await page.locator(".systems .word").allTextContents(), Array(5).fill("not asked yet"));
  await assertReadable(page);
  assertStayedInside();
  await screenshot(page, "status-phone-start");
});

for (const scheme of ["light", "dark"]) {
  test(`after listings it tells calls, latencies and what is remembered; readable, ${scheme}`, async () => {
    for (const first of [12, 12, 24, 48]) assert.equal((await listing({ first })).status, 200);
    const phone = await look(PHONE, scheme);
    await assertReadable(phone);
    await screenshot(phone, `status-phone-${scheme}`);
    await phone.setViewportSize(DESKTOP);
    await assertReadable(phone);
    await screenshot(phone, `status-desktop-${scheme}`);

    assert.deepEqual(await phone.locator(".systems .word").allTextContents(), Array(5).fill("answers"));
    assert.deepEqual(await phone.locator(".kept .word").allTextContents(), ["0 % full", "works"]);
    assert.match(await card(phone, "ERP").locator("dl").textContent(), /Median time[\d.]+ ms/);
    assertStayedInside();
  });
}

test("without JavaScript it is the same page, renewed by the browser", async () => {
  const context = await browser.newContext({ viewport: PHONE, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${kanava.origin}/status`);

  assert.equal(await page.locator(".mode").textContent(), "NORMAL");
  assert.equal(await page.locator('meta[http-equiv="refresh"]').getAttribute("content"), "10");
  await context.close();
});

test("the ERP is killed: an open page shows it, in place, and where the reader was stays", async () => {
  const page = await look(PHONE);
  await page.clock.install();
  await page.reload();
  await kanava.kill("erp");
  for (let call = 0; call < FAILURES_TO_OPEN; call++) await listing({ first: 96 });
  await page.evaluate(() => scrollTo(0, 400));
  await page.clock.runFor(10_000);
  await page.locator(".mode", { hasText: "CAPTURE_ONLY" }).waitFor();

  assert.equal(await page.evaluate(() => scrollY), 400);
  assert.equal(await page.title(), "CAPTURE_ONLY · Kanava status");
  assert.match(await page.locator(".sentence").textContent(), /The ERP has not answered since \d\d:\d\d:\d\d UTC/);
  assert.match(await page.locator(".channel .note").first().textContent(), /The last known values of the ERP are shown meanwhile/);
  assert.equal(await page.locator(".systems .card h3").first().textContent(), "ERP prices, credit, orders");
  assert.equal(await card(page, "ERP").locator(".word").textContent(), "left alone");
  assert.match(await card(page, "ERP").textContent(), /Circuit open since \d\d:\d\d:\d\d UTC/);
  assert.match(await card(page, "ERP").textContent(), /the connection failed no connection/);
  assert.deepEqual(await page.locator(".capabilities .word").allTextContents(), [
    "last known",
    "works",
    "kept, sent later",
    "last known",
    "unavailable",
  ]);
  assertStayedInside();
});

for (const [name, size, scheme] of [["status-phone", PHONE, "dark"], ["status-desktop", DESKTOP, "light"]]) {
  test(`${name}: without the ERP it is readable, and worth looking at`, async () => {
    const page = await look(size, scheme);
    await assertReadable(page);
    await screenshot(page, name);

    assert.equal(await page.locator(".mode").textContent(), "CAPTURE_ONLY");
    assertStayedInside();
  });
}

test("when Kanava itself does not answer the page says so, and goes on when it is back", async () => {
  const page = await look(PHONE);
  await page.clock.install();
  await page.reload();
  await page.route("**/status", (route) => route.abort());
  await page.clock.runFor(10_000);
  await page.locator("#notice", { hasText: "Kanava itself does not answer. What stands below is as of" }).waitFor();
  await assertReadable(page);
  await screenshot(page, "status-phone-gone");
  await page.unroute("**/status");
  await page.clock.runFor(10_000);
  await page.locator("#notice:empty").waitFor({ state: "attached" });

  assert.equal(await page.title(), "CAPTURE_ONLY · Kanava status");
  assertStayedInside();
});
