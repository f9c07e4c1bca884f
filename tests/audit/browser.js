// Headless Chromium that can reach nothing but this machine, and notes what a page asks for and breaks.
import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--proxy-server=http://127.0.0.1:9", // nobody listens there; loopback goes past it
];

export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: FLAGS });

/** Open a page; `requests` are the addresses it asked for, `violations` what its policy stopped, `errors` what it threw. */
export async function open(browser, address, { width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: "en-GB", deviceScaleFactor: 1.5 });
  const [requests, violations, errors] = [[], [], []];
  context.on("request", (request) => requests.push(request.url()));
  await context.exposeBinding("noteViolation", (_source, violation) => violations.push(violation));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sample }) =>
      globalThis.noteViolation(`${violatedDirective} ${blockedURI} ${sample}`),
    );
  });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  const response = await page.goto(address);
  return { page, response, requests, violations, errors };
}
