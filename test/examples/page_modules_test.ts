import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { listPageModules, type PageModule, readPages } from "./code_blocks.ts";
import { joinCode, readNotebook } from "./notebook.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Pages are about the library, not about a runtime: one runtime tries them. */
const isBun = process.versions.bun !== undefined;

const modules = readPages().flatMap(listPageModules);
const nameOf = ({ page, line }: PageModule) => `${page.replace(/\.md$/, "").replaceAll("/", "_")}_${line}.ts`;
const marked = modules.filter(({ runs }) => runs);
/** Printed before each module. */
const MARK = "── the next module";
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-pages-"));
  await writeModules(folder);
});
afterAll(() => rm(folder, { recursive: true }));

describe("code blocks of the pages, and the notebook's", () => {
  test.if(isBun)(
    "have no type errors",
    async () => {
      const { status, output } = await run(["tsc", "--noEmit", "--pretty", "false", "-p", "."], folder);
      expect(output).toBe("");
      expect(status).toBe(0);
    },
    { timeout: 60_000 },
  );

  test.if(isBun)(
    "run one after another where they are marked so",
    async () => {
      // One process: most of each module's time is spent on loading the library.
      const imports = marked.map((module) => `console.log("${MARK}");\nawait import("./${nameOf(module)}");`);
      await writeFile(join(folder, "run_all.ts"), [...imports, "export {};"].join("\n"));
      const { status, output } = await run(["bun", "run_all.ts"], folder);
      const last = marked[output.split(MARK).length - 2];
      if (status !== 0) throw new Error(`${last?.page}, line ${last?.line}:\n${output.split(MARK).at(-1)}`);
      expect(last).toBe(marked.at(-1));
    },
    { timeout: 60_000 },
  );
});

describe("listPageModules()", () => {
  const page = (...blocks: string[]) => ({ path: "docs/made-up.md", text: `# Page\n\n${blocks.join("\n\n")}\n` });

  test("joins blocks without imports to the block before, on their own lines", () => {
    const blocks = ['```ts\nimport "a";\n```', "```sh\nls\n```", "```ts run\nf();\n```", '```ts\nimport "b";\n```'];
    const [first, second, ...others] = listPageModules(page(...blocks));
    expect(first).toMatchObject({ line: 4, runs: true });
    expect(first?.text.split("\n")).toEqual(["", "", "", 'import "a";', "", "", "", "", "", "", "", "f();", ""]);
    expect(second).toMatchObject({ line: 16, runs: false });
    expect(others).toEqual([]);
  });

  test("refuses a page whose first block imports nothing", () => {
    expect(() => listPageModules(page("```ts\nf();\n```"))).toThrow("docs/made-up.md:4");
  });
});

/** The modules beside a tsconfig.json that knows "firn" and the packages of this project. */
async function writeModules(target: string): Promise<void> {
  await mkdir(target, { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(target, "node_modules"));
  const config = {
    extends: join(ROOT, "tsconfig.json"),
    compilerOptions: {
      paths: { firn: [join(ROOT, "src/mod.ts")], "firn/*": [join(ROOT, "src/*.ts")] },
      typeRoots: [join(ROOT, "node_modules/@types")],
      noUnusedLocals: false,
      noUnusedParameters: false,
    },
    include: ["*.ts"],
  };
  await writeFile(join(target, "tsconfig.json"), JSON.stringify(config));
  for (const module of modules) await writeFile(join(target, nameOf(module)), module.text);
  await writeFile(join(target, "notebook.ts"), joinCode(readNotebook()));
}

function run([program = "", ...words]: readonly string[], cwd: string): Promise<{ status: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(join(ROOT, "node_modules/.bin", program), words, { cwd, stdio: ["ignore", "pipe", "pipe"] });
    const parts: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => parts.push(part));
    child.on("close", (code) => resolve({ status: code ?? 1, output: Buffer.concat(parts).toString() }));
  });
}
