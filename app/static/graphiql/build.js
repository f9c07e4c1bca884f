// Builds dist/ from src/. With --check it writes nothing, and fails when dist/ is not what would be built.
import { readFile, writeFile, mkdir, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = path.dirname(fileURLToPath(import.meta.url));
const dist = path.join(here, "dist");

// Fonts inside a style sheet would need `font-src data:` in the policy: the system's own are used.
const withoutFonts = {
  name: "without-fonts",
  setup(build) {
    build.onLoad({ filter: /graphiql[/\\]dist[/\\]style\.css$/ }, async ({ path: file }) => {
      const css = await readFile(file, "utf8");
      return { contents: css.replace(/@font-face\s*\{[^}]*\}/g, ""), loader: "css" };
    });
  },
};

// A dialog locks the page's scrolling with a <style> of its own, which the policy forbids; this page never scrolls.
const withoutStyleElements = {
  name: "without-style-elements",
  setup(build) {
    build.onResolve({ filter: /^react-style-singleton$/ }, () => ({ path: path.join(here, "src/no-style.js") }));
  },
};

async function built() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { explorer: "src/main.jsx" },
    outdir: "dist",
    write: false,
    bundle: true,
    minify: true,
    metafile: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    charset: "utf8",
    legalComments: "none",
    define: { "process.env.NODE_ENV": '"production"' },
    plugins: [withoutFonts, withoutStyleElements],
    logLevel: "warning",
  });
  const files = new Map(result.outputFiles.map((file) => [path.basename(file.path), Buffer.from(file.contents)]));
  for (const name of ["index.html", "icon.svg"]) {
    files.set(name, await readFile(path.join(here, "src", name)));
  }
  files.set("LICENSES.txt", Buffer.from(await licenses(Object.keys(result.metafile.inputs))));
  return files;
}

// What is in the bundle is other people's work: their licences go with it.
async function licenses(inputs) {
  const inside = inputs.map((input) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input)?.[0]);
  const packages = [...new Set(inside.filter(Boolean))].sort();
  const parts = ["explorer.js and explorer.css contain these packages.\n"];
  for (const folder of packages) {
    const { name, version, license } = JSON.parse(await readFile(path.join(here, folder, "package.json"), "utf8"));
    const file = (await readdir(path.join(here, folder))).sort().find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(path.join(here, folder, file), "utf8")).replace(/\r\n?/g, "\n").trim() : "";
    parts.push(`== ${name} ${version} (${license})\n\n${text}`.trim() + "\n");
  }
  return parts.join("\n");
}

async function differences(files) {
  const names = new Set([...files.keys(), ...(await readdir(dist).catch(() => []))]);
  const differing = [];
  for (const name of names) {
    const there = await readFile(path.join(dist, name)).catch(() => null);
    if (!there || !files.get(name)?.equals(there)) differing.push(name);
  }
  return differing;
}

const files = await built();
if (process.argv.includes("--check")) {
  const differing = await differences(files);
  if (differing.length) {
    console.error(`dist/ is not what src/ builds: ${differing.join(", ")}. Run npm run build.`);
    process.exit(1);
  }
  console.log(`dist/ is byte for byte what src/ builds (${files.size} files)`);
} else {
  await rm(dist, { recursive: true, force: true });
  await mkdir(dist);
  for (const [name, content] of files) {
    await writeFile(path.join(dist, name), content);
    console.log(`${name} ${content.length}`);
  }
}
