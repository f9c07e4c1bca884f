// `kanava demo` in a folder of its own, on ports that are free.
import { execFile, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

export const ROOT = path.resolve(import.meta.dirname, "../..");
const SYSTEMS = ["erp", "crm", "pim", "wms", "iam"];
const READY_WITHIN_MS = 60_000;
const READY = /^Kanava is ready: (\S+)\/graphql$/;

/**
 * Start it, with these settings beside the ports; a system whose address is among them gets no sandbox.
 *
 * `origin` is where it listens, `sandbox(system, path)` the address of one of its systems, `kill(system)` ends one,
 * `run(...words)` is its command line, and returns what that prints.
 */
export async function startKanava(settings = {}) {
  const folder = await mkdtemp(path.join(tmpdir(), "kanava-audit-"));
  const port = await freePorts();
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("KANAVA_"));
  const ports = { KANAVA_PORT: `${port}`, KANAVA_SANDBOX_BASE_PORT: `${port}` };
  const env = { ...Object.fromEntries(others), ...ports, ...settings };
  const command = path.join(ROOT, ".venv/bin/kanava");
  const child = spawn(command, ["demo"], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const stop = async () => {
    const ended = child.exitCode === null && once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const origin = await readiness(child);
    const sandbox = (system, rest) => `http://127.0.0.1:${port + 1 + SYSTEMS.indexOf(system)}${rest}`;
    const kill = async (name) => process.kill(Number(await readFile(path.join(folder, `var/run/${name}.pid`))), "SIGKILL");
    const run = async (...words) => (await promisify(execFile)(command, words, { cwd: folder, env })).stdout;
    return { origin, stop, sandbox, kill, run };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function readiness(child) {
  const late = setTimeout(() => child.kill("SIGTERM"), READY_WITHIN_MS);
  try {
    for await (const line of createInterface(child.stdout)) {
      const ready = READY.exec(line);
      if (ready) return ready[1];
    }
  } finally {
    clearTimeout(late);
    child.stdout.resume();
  }
  throw new Error("kanava demo did not become ready");
}

/** Return a free port with five free ones above it, below those that the system hands out to connections. */
async function freePorts() {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = 10_000 + 10 * randomInt(2_200);
    const free = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
  throw new Error("no free ports");
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
