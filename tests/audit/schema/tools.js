// The tools that clients use, run from the root of the project as a client's build runs them.
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export const HERE = import.meta.dirname;
export const ROOT = path.resolve(HERE, "../../..");
export const SCHEMA = "schema.graphql";
const OUT = "var/audit";

export const read = (file) => readFileSync(path.join(ROOT, file), "utf8");

function run(tool, args, env = {}) {
  const command = path.join(HERE, "node_modules/.bin", tool);
  const done = spawnSync(command, args, { cwd: ROOT, encoding: "utf8", env: { ...process.env, ...env } });
  return { ok: done.status === 0, said: `${done.stdout}${done.stderr}` };
}

/** Return a folder of its own for what a tool makes, empty. */
function empty(name) {
  const folder = `${OUT}/${name}`;
  rmSync(path.join(ROOT, folder), { recursive: true, force: true });
  mkdirSync(path.join(ROOT, folder), { recursive: true });
  return folder;
}

/** Write a schema in which something is not as it should be, and return its path. */
export function mutant(name, change) {
  const file = `${empty(`mutant-${name}`)}/${SCHEMA}`;
  const [good, bad] = [read(SCHEMA), change(read(SCHEMA))];
  if (good === bad) throw new Error(`the mutation ${name} changes nothing`);
  writeFileSync(path.join(ROOT, file), bad);
  return file;
}

/** Return what graphql-eslint finds: `rule` and `file` of each problem. */
export function lint(schema = SCHEMA) {
  const options = ["--config", "tests/audit/schema/eslint.config.js", "--format", "json"];
  const files = [schema, "app/examples/*.graphql", "tests/audit/schema/operations/*.graphql"];
  const reports = JSON.parse(run("eslint", [...options, ...files], { SCHEMA: schema }).said);
  const problems = reports.flatMap(({ filePath, messages }) =>
    messages.map(({ ruleId, line, message }) => ({ rule: ruleId, at: `${path.relative(ROOT, filePath)}:${line}`, message })),
  );
  return { files: reports.length, problems };
}

export function generateTypes() {
  empty("codegen");
  return run("graphql-codegen", ["--config", "tests/audit/schema/codegen.js"]);
}

export const compileTypes = () => run("tsc", ["--project", "tests/audit/schema"]);

/** Compile the Relay storefront against a schema; the artifacts are in `folder`. */
export function compileRelay(schema = SCHEMA) {
  const folder = empty("relay");
  const config = { ...JSON.parse(read("tests/audit/schema/relay.config.json")), schema, artifactDirectory: folder };
  const file = `${folder}/relay.config.json`;
  writeFileSync(path.join(ROOT, file), JSON.stringify(config));
  return { ...run("relay-compiler", [file]), folder };
}
