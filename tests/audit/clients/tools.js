// The compilers of clients, as a storefront's build runs them. They are those of the schema's audit, installed there.
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { createJiti } from "jiti";
import { ROOT } from "../kanava.js";

const INSTALLED = path.join(ROOT, "tests/audit/schema");
const STOREFRONT = path.join(import.meta.dirname, "storefront");
const SCHEMA = path.join(ROOT, "schema.graphql");
const MANIFEST = "persisted-documents.json";

/** Run a tool with this configuration; it finds its own parts from where it is installed. */
async function run(tool, config, ...options) {
  const file = path.join(await empty(`${tool}-config`), "config.json");
  await writeFile(file, JSON.stringify(config));
  await promisify(execFile)(path.join(INSTALLED, "node_modules/.bin", tool), [...options, file], { cwd: INSTALLED });
}

/** Return a folder of its own for what a tool makes, empty. */
async function empty(name) {
  const folder = path.join(ROOT, "var/audit/clients", name);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  return folder;
}

/**
 * Compile the storefront with Relay; `artifact(name)` is what the compiler made of a query or a fragment.
 *
 * With `persistConfig` the artifacts hold ids for texts, and `manifest` says which text each id means.
 */
export async function compileRelay(name, persistConfig) {
  const folder = await empty(name);
  const manifest = path.join(folder, MANIFEST);
  await writeFile(manifest, "{}");
  await run("relay-compiler", {
    src: path.relative(INSTALLED, STOREFRONT),
    schema: path.relative(INSTALLED, SCHEMA),
    artifactDirectory: path.relative(INSTALLED, folder),
    language: "javascript",
    eagerEsModules: false, // modules of the older kind find each other without a bundler
    ...(persistConfig && { persistConfig: { ...persistConfig, file: path.relative(INSTALLED, manifest) } }),
  });
  const require = createRequire(path.join(folder, "index.js"));
  return { artifact: (of) => require(`./${of}.graphql.js`), manifest };
}

/** Generate the storefront's documents; each has its id in `__meta__.hash`, `manifest` says which text that means. */
export async function generateDocuments() {
  const folder = await empty("codegen");
  const client = { preset: "client", presetConfig: { persistedDocuments: true }, config: { useTypeImports: true } };
  const documents = path.join(STOREFRONT, "*.graphql");
  await run("graphql-codegen", { schema: SCHEMA, documents, generates: { [`${folder}/`]: client } }, "--config");
  const generated = await createJiti(import.meta.url).import(path.join(folder, "graphql.ts"));
  return { documents: generated, manifest: path.join(folder, MANIFEST) };
}
