import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { joinCode, NOTEBOOK_PATH, type Notebook, readNotebook } from "./notebook.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const DENO = join(ROOT, "node_modules/.bin/deno");

const notebook = readNotebook();

/** One runtime tries it: it is Deno's kernel that runs it, whichever runtime tests. */
const isBun = process.versions.bun !== undefined;
const hasDeno = existsSync(DENO);
const hasJupyter = spawnSync("jupyter", ["nbconvert", "--version"]).status === 0;
const minutes = { timeout: 180_000 };

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-notebook-"));
});
afterAll(() => rm(folder, { recursive: true }));

describe(NOTEBOOK_PATH, () => {
  test("holds what its cells print, and two figures", () => {
    expectOutputs(notebook);
  });

  test.if(isBun && hasDeno)(
    `has code cells that run as one module${hasDeno ? "" : " (skipped: no Deno)"}`,
    async () => {
      const module = join(folder, "training.ts");
      await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
      await writeFile(module, joinCode(notebook));
      const { status, output } = await run(DENO, ["run", "-A", "--no-check", `--config=${ROOT}deno.json`, module]);
      if (status !== 0) throw new Error(output);
      expect(output).toContain("Start of experience 4");
      expect(output).toContain("ReplayPlugin needs nothing beside it that replaces the dataloader");
    },
    minutes,
  );

  test.if(isBun && hasDeno && hasJupyter)(
    `runs in Deno's Jupyter kernel${hasJupyter ? "" : " (skipped: no jupyter with nbconvert)"}`,
    async () => {
      const kernel = join(folder, "kernels/deno");
      await mkdir(kernel, { recursive: true });
      const words = [DENO, "jupyter", "--kernel", "--conn", "{connection_file}"];
      await writeFile(
        join(kernel, "kernel.json"),
        JSON.stringify({ argv: words, display_name: "Deno", language: "typescript" }),
      );
      const target = join(folder, "executed.ipynb");
      const nbconvert = ["nbconvert", "--to", "notebook", "--execute", NOTEBOOK_PATH, "--output", target];
      const { status, output } = await run("jupyter", nbconvert, { JUPYTER_PATH: folder });
      if (status !== 0) throw new Error(output);
      expectOutputs(JSON.parse(await readFile(target, "utf8")));
    },
    minutes,
  );
});

function expectOutputs({ cells }: Notebook): void {
  const outputs = cells.flatMap((cell) => cell.outputs ?? []);
  const texts = outputs.flatMap(({ text = [] }) => text).join("");
  expect(outputs.filter(({ output_type }) => output_type === "error")).toEqual([]);
  expect(outputs.filter(({ data }) => data && "image/svg+xml" in data)).toHaveLength(2);
  expect(texts).toContain("Start of experience 4");
  expect(texts).toContain("ReplayP: 0.");
}

function run(
  program: string,
  words: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, words, {
      cwd: ROOT,
      env: { ...process.env, ...variables },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const parts: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part));
    child.on("error", (error) => resolve({ status: 127, output: String(error) }));
    child.on("close", (status) => resolve({ status: status ?? 1, output: Buffer.concat(parts).toString() }));
  });
}
