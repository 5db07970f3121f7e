import { afterAll, describe, expect, test } from "bun:test";
import { cp, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../../src/cli/cli_error.ts";
import { nameForFolder } from "../../../src/cli/options/user_module.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const [STRATEGY, METRIC] = ["my_strategy.ts", "my_metric.ts"].map((name) =>
  fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url)),
);
const MINE = ["--strategy", `path=${STRATEGY},lambda=0.1`, "--metric", `path=${METRIC},per=stream`];

/** Options of a run of two experiences with 5 iterations each, and where it goes. */
async function makeRun(chosen: readonly string[] = MINE, workers = "0") {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 15, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const benchmark = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--no-onnx"];
  const small = ["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--batch-size", "32", "--epochs", "2"];
  const layout = ["--workers", workers, "--logical-shards", "2", "--checkpoint-every", "2"];
  return { out, words: ["train", "--out", out, ...benchmark, ...small, ...layout, ...chosen] };
}

async function train(chosen: readonly string[], workers?: string) {
  const { out, words } = await makeRun(chosen, workers);
  const { status, stderr } = await captureCli([...words, "--quiet"]);
  return { out, status, stderr };
}

/** A module of these lines, in a folder of its own. */
async function makeModule(text: string): Promise<string> {
  return join(await makeFolder({ "mine.mjs": text }), "mine.mjs");
}

describe("train --strategy, --plugin and --metric path=…", () => {
  test("train and measure alike on 0 and 2 workers, and fill the module's defaults into config.json", async () => {
    const endings = [];
    for (const workers of ["0", "2"]) {
      const { out, status, stderr } = await train(MINE, workers);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      endings.push(await readEnding(out));
      const { strategy, metrics } = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
      expect(strategy).toEqual({ name: "path", options: { path: STRATEGY, lambda: 0.1, restEpochs: 0 } });
      expect(metrics).toEqual([{ name: "path", options: { path: METRIC, per: "stream" } }]);
      const lines = (await readFile(join(out, "metrics.jsonl"), "utf8")).split("\n");
      expect(lines.filter((line) => line.includes('"MeanTrueLogit/eval_phase/test_stream'))).toHaveLength(2);
    }
    expect(endings[1]).toEqual(endings[0]);
  }, 60_000);

  test("do the same as a strategy and as a plugin, and not what naive does", async () => {
    const chosen = ["naive", `path=${STRATEGY},lambda=0.1`].map((name) => ["--strategy", name]);
    chosen.push(["--plugin", `path=${STRATEGY},lambda=0.1`]);
    const hashes = [];
    for (const words of chosen) hashes.push((await readEnding((await train(words)).out)).parametersHash);
    const [naive, strategy, plugin] = hashes;
    expect(plugin).toBe(strategy);
    expect(strategy).not.toBe(naive);
  });

  test("refuse options by the module's schema, in the words of built-in ones, before anything is written", async () => {
    const cases = [
      ["", "lambda is required, a number of at least 0"],
      [",lambda=-1", "lambda must be at least 0, got -1"],
      [",lambda=much", 'lambda must be a number of at least 0, got "much"'],
      [",lambda=1,restEpoch=1", 'unknown option "restEpoch", did you mean restEpochs?'],
    ];
    for (const option of ["--strategy", "--plugin"]) {
      for (const [typed, message] of cases) {
        const { status, stderr, out } = await train([option, `path=${STRATEGY}${typed}`]);
        expect({ status, stderr }).toEqual({ status: 2, stderr: `${STRATEGY}: ${message}\n` });
        expect(await readdir(join(out, ".."))).toEqual([]);
      }
    }
    expect(await train(["--metric", `path=${METRIC},per=epoch`])).toMatchObject({
      status: 2,
      stderr: `${METRIC}: per must be one of experience, stream, got "epoch"\n`,
    });
  });

  test("refuse what is no module, or does not give what it must, before anything is written", async () => {
    const missing = join(await makeFolder({}), "none.mjs");
    const cases = [
      ["--strategy", missing, "there is no such file or folder"],
      ["--strategy", await makeModule("export const strategy = 3;"), "must export a function or class strategy, got 3"],
      ["--plugin", await makeModule("export const strategy = 3;"), "must export a function or class plugin"],
      ["--metric", await makeModule("oops("), "cannot be loaded: "],
      ["--plugin", await makeModule("export class plugin {} export const options = { a: 1 };"), "as options a schema"],
      ["--strategy", await makeModule("export class strategy {}"), "strategy must be a class of strategies, got "],
      [
        "--plugin",
        await makeModule("export class plugin { constructor() { throw new Error('no'); } }"),
        "plugin failed: Error: no (",
      ],
      [
        "--metric",
        await makeModule("export const createMetrics = () => [{}];"),
        "createMetrics must return an array of ",
      ],
    ] as const;
    for (const [option, path, message] of cases) {
      const { status, stderr, out } = await train([option, `path=${path}`]);
      expect(stderr.startsWith(`"${path}"`)).toBe(true);
      expect(stderr).toContain(message);
      expect(stderr).toMatch(/^.+\n$/);
      expect({ status, written: await readdir(join(out, "..")) }).toEqual({ status: 2, written: [] });
    }
    const { stderr } = await train(["--metric", "accuracy"]);
    expect(stderr).toBe('unknown metric "accuracy"; known: path\n');
  });

  test("go on after an interruption, once the programs are typed again or trusted", async () => {
    const whole = await train(MINE);
    const { out, words } = await makeRun();
    const controller = new AbortController();
    let events = 0;
    const listen = () => ++events === 10 && controller.abort(new StopRequest("SIGINT"));
    const stopped = await captureCli([...words, "--json"], { signal: controller.signal, listen });
    const [strategy, metric] = [`path:path=${STRATEGY},lambda=0.1,restEpochs=0`, `path:path=${METRIC},per=stream`];
    const again = `--strategy '${strategy}' --metric '${metric}'`;
    expect(stopped.stderr).toContain(` --resume ${out} ${again}\n`);
    const half = await captureCli(["train", "--resume", out, ...MINE.slice(2)]);
    expect(half.stderr).toBe(
      `${out}/config.json names a program, "${STRATEGY}": give --strategy '${strategy}' or --trust to run it\n`,
    );
    const refused = await captureCli(["train", "--resume", out]);
    expect(refused.stderr).toBe(
      `${out}/config.json names programs, "${STRATEGY}", "${METRIC}": give ${again} or --trust to run them\n`,
    );
    expect([half.status, refused.status]).toEqual([2, 2]);
    const other = await captureCli(["train", "--resume", out, "--metric", `path=${METRIC}`]);
    expect(other.stderr).toContain(`the run has --metric ${metric}, got path:path=${METRIC},per=exp`);
    const copy = join(await makeFolder({}), "copy");
    await cp(out, copy, { recursive: true });
    for (const typed of [
      ["--resume", out, "--trust"],
      ["--resume", copy, ...MINE],
    ]) {
      expect(await captureCli(["train", ...typed, "--quiet"])).toMatchObject({ status: 0, stderr: "" });
    }
    expect(await readEnding(out)).toEqual(await readEnding(whole.out));
    expect(await readEnding(copy)).toEqual(await readEnding(whole.out));
  });
});

test("train refuses options of a module whose names are taken", async () => {
  const option = "{ shape: { kind: 'flag' }, findFault: () => undefined, help: '' }";
  const makes = "export class strategy {} export class plugin {} export const createModel = () => 1;";
  for (const [kind, name] of [
    ["strategy", "seed"],
    ["strategy", "path"],
    ["plugin", "path"],
    ["model", "numClasses"],
  ] as const) {
    const path = await makeModule(`${makes} export const options = { ${name}: ${option} };`);
    const { status, stderr } = await train([`--${kind}`, `path=${path}`]);
    expect({ status, stderr }).toEqual({ status: 2, stderr: `"${path}": an option must not be called ${name}\n` });
  }
});

describe("train --model path=…", () => {
  test("gives createModel its own options, checked by its schema, and what the run says", async () => {
    const rule = "{ shape: { kind: 'number', isWhole: true, bounds: {} }, findFault: () => undefined, help: '' }";
    const fail =
      "export const createModel = ({ width, numClasses }) => { throw new Error([width, numClasses].join()); };";
    const path = await makeModule(`export const options = { width: ${rule} }; ${fail}`);
    expect((await train(["--model", `path=${path},width=7`])).stderr).toContain("createModel failed: Error: 7,10 (");
    expect((await train(["--model", `path=${path},with=7`])).stderr).toBe(
      `${path}: unknown option "with", did you mean width or path?\n`,
    );
  });
});

describe("nameForFolder()", () => {
  test("is the name of a module's file without what a folder's name should not hold, or of what is built in", () => {
    const named = (path: string) => nameForFolder({ name: "path", options: { path } });
    expect(["./mine.ts", "/a/b/my strategy.v2.mjs", "c"].map(named)).toEqual(["mine", "my_strategy_v2", "c"]);
    expect(nameForFolder({ name: "ewc", options: { path: "x" } })).toBe("ewc");
  });
});

describe("strategies path=…", () => {
  test("lists what a module takes", async () => {
    const { stdout } = await captureCli(["strategies", `path=${STRATEGY}`, "--json"]);
    const [entry] = JSON.parse(stdout);
    expect(entry.name).toBe(STRATEGY);
    expect(entry.options).toMatchObject([
      { name: "path", required: true },
      { name: "lambda", required: true },
      { name: "restEpochs", default: 0 },
    ]);
    expect((await captureCli(["plugins", "path"])).stdout).toMatch(/^path: path=\.\/my_plugin\.ts, a module/);
  });
});
