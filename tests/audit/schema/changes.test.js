// What breaks clients since the last release: graphql-inspector sees what `make check` sees, and finds all of it recorded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { breaking, lastRelease, recorded } from "./changes.js";
import { read, ROOT, SCHEMA } from "./tools.js";

for (const { change, old, new: current, breaks } of JSON.parse(read("tests/audit/schema/breaking.json"))) {
  test(`graphql-inspector and graphql-core agree: ${change}`, async () => {
    assert.deepEqual(await breaking(old, current), breaks);
  });
}

test("what is recorded stands under Breaking, above the release's own section", () => {
  const breaks = (name) => `### Breaking\n- \`Query.${name}\`\n### Added\n- \`Query.added\`\n`;
  const sections = [["Unreleased", "one"], ["[0.2.0] - 2026-12-01", "two"], ["0.1.0", "old"]];
  const changelog = `# Log \`Query.preface\`\n${sections.map(([title, name]) => `## ${title}\n${breaks(name)}`).join("")}`;

  assert.deepEqual(recorded(changelog, "v0.1.0"), new Set(["Query.one", "Query.two"]));
  assert.deepEqual(recorded(changelog, "v0.2.0"), new Set(["Query.one"]));
});

test("every break since the last release is recorded in CHANGELOG.md", async (context) => {
  const release = lastRelease(ROOT);
  if (!release) return context.skip("no commit has a tag v* with a schema");
  const named = recorded(read("CHANGELOG.md"), release.tag);

  const unrecorded = (await breaking(release.sdl, read(SCHEMA))).filter((coordinate) => !named.has(coordinate));

  assert.deepEqual(unrecorded, [], `since ${release.tag}`);
});
