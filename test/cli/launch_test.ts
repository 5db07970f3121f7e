import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** The launcher as the package holds it: what Node.js 20 runs is JavaScript. */
let launcher = "";
beforeAll(async () => {
  launcher = await buildLauncher();
});

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

async function buildLauncher(): Promise<string> {
  const folder = await makeFolder({ "package.json": '{"type": "module"}' });
  const compilerOptions = {
    noEmit: false,
    noCheck: true,
    rewriteRelativeImportExtensions: true,
    rootDir: join(ROOT, "src"),
    outDir: folder,
  };
  const config = { extends: join(ROOT, "tsconfig.json"), compilerOptions, files: [join(ROOT, "src/cli/launch.ts")] };
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ ...config, include: [] }));
  spawnSync("node", [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", folder]);
  return join(folder, "cli/launch.js");
}

/** How the launcher ends in Node.js, where the first Bun on the PATH is this shell script. */
async function launch(script: string) {
  const folder = await makeFolder({ bun: `#!/bin/sh\nif [ "$1" = --version ]; then exit 0; fi\n${script}\n` });
  await chmod(join(folder, "bun"), 0o755);
  const { npm_config_user_agent: _, ...env } = process.env;
  const { status, signal } = spawnSync("node", [launcher, "doctor"], {
    env: { ...env, PATH: `${folder}:${env.PATH}` },
    stdio: "ignore",
  });
  return { status, signal };
}

describe("firn, started by Node.js", () => {
  test("ends with the status of the program", async () => {
    expect(await launch('[ "$2" = doctor ] && exit 7')).toEqual({ status: 7, signal: null });
  });

  test("is killed where the program was, as a launcher of ranks goes on after such an end alone", async () => {
    expect(await launch("kill -KILL $$")).toEqual({ status: null, signal: "SIGKILL" });
    expect(await launch("kill -TERM $$")).toEqual({ status: null, signal: "SIGTERM" });
  });
});
