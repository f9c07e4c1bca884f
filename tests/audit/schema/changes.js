// The comparison with the last release, as `kanava sdl --check` makes it, by another implementation: graphql-inspector.
import { execFileSync } from "node:child_process";
import { CriticalityLevel, diff } from "@graphql-inspector/core";
import { buildSchema } from "graphql";

const COORDINATE = /`([^`\n]+)`/g;

/** Return the coordinates of what breaks clients of the old schema, sorted. */
export async function breaking(oldSdl, newSdl) {
  const changes = await diff(buildSchema(oldSdl), buildSchema(newSdl));
  const breaks = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  return [...new Set(breaks.map(({ path, message }) => (path ? coordinate(path) : message)))].sort();
}

/** `Product.price.unit` is an argument: `Product.price(unit:)`. */
const coordinate = (path) => path.replace(/^(@\w+|\w+\.\w+)\.(\w+)$/, "$1($2:)");

/** Return the coordinates under every "### Breaking" that is above the release's own section. */
export function recorded(changelog, tag) {
  const version = tag.replace(/^v/, "");
  const sections = changelog.split(/^## /m).slice(1);
  const own = sections.findIndex((section) => section.split("\n", 1)[0].split(/[\s[\]]+/).includes(version));
  const since = own < 0 ? sections : sections.slice(0, own);
  const lists = since.flatMap((section) => section.split(/^### /m).filter((part) => /^Breaking\s/.test(part)));
  return new Set(lists.flatMap((list) => [...list.matchAll(COORDINATE)].map(([, name]) => name)));
}

/** Return the last release's tag and its schema, or null when this clone knows none. */
export function lastRelease(root) {
  const options = { cwd: root, encoding: "utf8", stdio: "pipe" };
  const git = (...args) => execFileSync("git", ["-c", "safe.directory=*", ...args], options);
  try {
    const tag = git("describe", "--tags", "--abbrev=0", "--match", "v*").trim();
    return { tag, sdl: git("show", `${tag}:./schema.graphql`) };
  } catch {
    return null;
  }
}
