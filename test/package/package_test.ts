import { afterAll, describe, expect, test } from "bun:test";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import manifest from "../../package.json" with { type: "json" };
import { findRegistry, runProgram, serveRegistry } from "./package_registry.ts";

const LIMIT_MS = 300_000;
const SOURCE = /^(?:src|workers)\/[\w/]+\.ts$/;
const BUILT = /^dist\/(?:src|workers)\/[\w/]+\.(?:js|d\.ts|d\.ts\.map)$/;
const DATA = /^dist\/proto\/\w+\.proto$/;

/** What a project of a user's has, beside the service. */
const PROJECT = {
  "package.json": { name: "service", private: true, type: "module" },
  // TF.js's own declarations do not compile without skipLibCheck, which `tsc --init` switches on.
  "tsconfig.json": {
    compilerOptions: { strict: true, module: "nodenext", target: "esnext", noEmit: true, skipLibCheck: true },
  },
};
/** Trains without workers and with two, and prints what came of both. */
const RUN = `import { trainService } from "./service.ts";
console.log(JSON.stringify([await trainService(0), await trainService(2)]));
`;

const packSchema = z.tuple([z.object({ filename: z.string(), files: z.array(z.object({ path: z.string() })) })]);

// One runtime's turn is enough: both run what was installed.
const registry = "Deno" in globalThis ? undefined : await findRegistry();
const withRegistry = test.if(registry !== undefined);

const TSC = ["tsc", "-p", "."];
const DENO_CHECK = ["deno", "check", "service.ts"];
const BUN = ["bun"];
const DENO = ["deno", "run", "--allow-all"];

/** Who installs it, and what is then done in the project. */
const USERS = [
  {
    installer: "npm",
    install: async (project: string, file: string) => {
      // As docs/getting-started.md says: else npm fails where onnxruntime-node cannot download GPU libraries.
      await writeFile(join(project, ".npmrc"), "onnxruntime-node-install=skip\n");
      // A connection that falls silent is made anew after this time, instead of npm's five minutes.
      return succeed(project, ["npm", "install", "--prefer-offline", "--fetch-timeout=30000", file]);
    },
    check: TSC,
    runtimes: [BUN, DENO],
    launchers: [["npx", "firn"]],
  },
  {
    installer: "Bun",
    install: (project: string, file: string) => succeed(project, ["bun", "add", file]),
    // It is laid out as npm does.
    check: undefined,
    runtimes: [BUN],
    launchers: [["bunx", "firn"]],
  },
  {
    installer: "Deno",
    install: async (project: string, file: string) => {
      await using served = await serveRegistry(file, manifest, registry ?? "");
      // As npm does: a network may have a certificate authority of its own, which the machine knows.
      const trusted = { DENO_TLS_CA_STORE: process.env.DENO_TLS_CA_STORE ?? "mozilla,system" };
      const env = { ...trusted, NPM_CONFIG_REGISTRY: served.url, DENO_DIR: join(project, "cache") };
      return await succeed(project, ["deno", "add", "npm:firn"], env);
    },
    check: DENO_CHECK,
    runtimes: [DENO],
    launchers: [[...DENO, "npm:firn"]],
  },
];

describe("the packed package, where a registry answers", () => {
  let folder = "";
  let packed: Promise<{ readonly file: string; readonly paths: readonly string[] }> | undefined;
  afterAll(() => (folder === "" ? undefined : rm(folder, { recursive: true, force: true })));

  /** Packs once. Not in a hook: Bun 1.4.5 gives hooks the time of `--timeout`, whatever they ask for. */
  async function pack() {
    folder = await mkdtemp(join(tmpdir(), "firn-package-"));
    const { stdout } = await runProgram(".", ["npm", "pack", "--json", "--pack-destination", folder]);
    const [made] = packSchema.parse(JSON.parse(stdout.slice(stdout.indexOf("[\n"))));
    return { file: join(folder, made.filename), paths: made.files.map(({ path }) => path) };
  }

  withRegistry(
    "holds sources, what they were built to, and nothing else",
    async () => {
      packed ??= pack();
      const { paths } = await packed;
      const others = paths.filter((path) => ![SOURCE, BUILT, DATA].some((pattern) => pattern.test(path)));
      expect(others.sort()).toEqual(["LICENSE", "README.md", "package.json"]);
      for (const target of Object.values(manifest.exports)) expect(paths).toContain(target.replace("./", ""));
    },
    LIMIT_MS,
  );

  withRegistry(
    "says what to install where there is neither Bun nor Deno",
    async () => {
      packed ??= pack();
      await packed;
      const node = (await runProgram(".", ["node", "-p", "process.execPath"])).stdout.trim();
      const { status, stderr } = await runProgram(folder, [node, join(process.cwd(), manifest.bin.firn)], { PATH: "" });
      expect(status).toBe(1);
      expect(stderr).toBe("firn runs in Bun or Deno, and neither was found: npm install bun (or npm install deno)\n");
    },
    LIMIT_MS,
  );

  for (const { installer, install, check, runtimes, launchers } of USERS) {
    withRegistry(
      `installed by ${installer}, ${check ? "is type-checked, " : ""}trains and runs by its name`,
      async () => {
        packed ??= pack();
        const { file } = await packed;
        const project = join(folder, installer);
        await writeProject(project);
        // Here and not in the hook: a project has 20,000 files, and Bun gives a hook no more time than it gives all.
        await using _removed = { [Symbol.asyncDispose]: () => rm(project, { recursive: true, force: true }) };
        await install(project, file);
        if (check) await succeed(project, check);
        const outcomes: unknown[] = [];
        for (const runtime of runtimes) outcomes.push(...JSON.parse(await succeed(project, [...runtime, "run.js"])));
        expect(outcomes.length).toBe(2 * runtimes.length);
        expect(outcomes[0]).toMatchObject({ iterations: 40, metadata: { "firn.version": manifest.version } });
        for (const outcome of outcomes) expect(outcome).toEqual(outcomes[0]);
        for (const launcher of launchers)
          expect(await succeed(project, [...launcher, "--help"])).toContain("Usage: firn");
      },
      LIMIT_MS,
    );
  }
});

async function writeProject(folder: string): Promise<void> {
  await mkdir(folder);
  await copyFile(new URL("packed_service.ts", import.meta.url), join(folder, "service.ts"));
  await writeFile(join(folder, "run.js"), RUN);
  for (const [path, content] of Object.entries(PROJECT)) await writeFile(join(folder, path), JSON.stringify(content));
}

/** What it wrote to standard output. */
async function succeed(folder: string, command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<string> {
  const { status, stdout, stderr } = await runProgram(folder, command, env);
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}
