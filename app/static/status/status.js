// Renews the page every ten seconds while somebody looks at it, and says so when Kanava cannot be reached.
const EVERY_MS = 10_000;
const GIVE_UP_MS = 8_000;
const notice = document.getElementById("notice");
const asOf = () => document.querySelector("main header time").textContent;

async function read() {
  const response = await fetch(location.pathname, { cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

/** Show the new page in the old one's place: where the reader has scrolled to stays. */
function show(page) {
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
  document.title = page.title;
  notice.textContent = "";
}

async function renew() {
  if (document.hidden || !getSelection().isCollapsed) return;
  try {
    show(await read());
  } catch {
    document.title = "No answer · Kanava status";
    notice.textContent = `Kanava itself does not answer. What stands below is as of ${asOf()}.`;
  }
}

setInterval(renew, EVERY_MS);
document.addEventListener("visibilitychange", renew);
