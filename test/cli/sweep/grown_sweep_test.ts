import { afterAll, describe, expect, test } from "bun:test";
import { cp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { StopRequest } from "../../../src/cli/cli_error.ts";
import { RunLock } from "../../../src/runs/run_lock.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { startJobHere as startJob } from "../../support/job_here.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { addFiles, COMMON, listMonths, makeTable, readSummary } from "../made_months.ts";

afterAll(removeFolders);

const MODEL = "mlp:hiddenSize=8,hiddenLayers=1";

/** Words of a sweep of small runs over months, and where it is written. */
async function makeSweep() {
  const [data, out] = [await makeFolder(listMonths(1, 2, [])), join(await makeFolder({}), "sweep")];
  const shared = ["--benchmark", `directory:path=${data}`, ...COMMON.slice(0, -1), "--out", out];
  return { data, out, words: ["sweep", ...shared, "--model", MODEL] };
}

async function run(words: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await captureCli(words, { startJob });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout;
}

async function readSweep(out: string) {
  return JSON.parse(await readFile(join(out, "sweep.json"), "utf8"));
}

/** When each run of a sweep was finished, by its folder. */
async function readTimes(out: string): Promise<Record<string, number>> {
  const names = (await readdir(out)).filter((name) => name !== "sweep.json").sort();
  const times = names.map(async (name) => [name, (await stat(join(out, name, "summary.json"))).mtimeMs]);
  return Object.fromEntries(await Promise.all(times));
}

describe("a sweep that is there", () => {
  test("gets seeds and strategies added, and trains what is new alone", async () => {
    const { out, words } = await makeSweep();
    await run([...words, "--strategy", "naive", "--seeds", "0", "--quiet"]);
    const before = await readTimes(out);
    const strategies = ["--strategy", "naive", "--strategy", "replay:memSize=6"];
    const told = await run([...words, ...strategies, "--seeds", "0..1", "--quiet"]);
    expect(told).toMatch(/\nnaive +2 [\s\S]*\nreplay:memSize=6 +2 /);
    const after = await readTimes(out);
    const folders = ["naive-seed-0", "naive-seed-1", "replay-memSize=6-seed-0", "replay-memSize=6-seed-1"];
    expect(Object.keys(after)).toEqual(folders);
    expect(after["naive-seed-0"]).toBe(before["naive-seed-0"] ?? Number.NaN);
    const { seeds, grid, status, runs } = await readSweep(out);
    expect({ seeds, strategy: grid.strategy, status }).toEqual({
      seeds: [0, 1],
      strategy: ["naive", "replay:memSize=6"],
      status: "finished",
    });
    expect(runs.map(({ directory }: { directory: string }) => directory)).toEqual(folders);
    const alone = join(await makeFolder({}), "alone");
    const own = [...words.slice(1), "--strategy", "replay:memSize=6", "--seed", "1", "--workers", "0"];
    await run(["train", ...own, "--out", alone, "--quiet"]);
    const { parametersHash } = await readSummary(alone);
    expect(runs.at(-1).parametersHash).toBe(parametersHash);
  }, 60_000);

  test("compares criteria, gets others added, and refuses to take them away", async () => {
    const { out, words } = await makeSweep();
    const balanced = "cross-entropy:classWeights=balanced";
    const first = ["--criterion", "focal", "--seeds", "0", "--quiet"];
    await run([...words, ...first]);
    const before = await readTimes(out);
    const told = await run([...words, ...first, "--criterion", balanced]);
    expect(told).toContain(`\n${balanced} `);
    const { grid, configurations, runs } = await readSweep(out);
    expect(grid.criterion).toEqual(["focal", balanced]);
    expect(configurations.map(({ criterion }: { criterion: string }) => criterion)).toEqual(["focal", balanced]);
    const [one, other] = runs.map(({ parametersHash }: { parametersHash: string }) => parametersHash);
    expect(one).not.toBe(other);
    const after = await readTimes(out);
    expect(after["naive-seed-0"]).toBe(before["naive-seed-0"] ?? Number.NaN);
    expect(Object.keys(after).length).toBe(2);
    for (const folder of Object.keys(after)) {
      const { config } = await readSummary(join(out, folder));
      expect(config.criterion.name).toBe(folder === "naive-seed-0" ? "focal" : "cross-entropy");
    }
    await run(["sweep", "--resume", out, "--quiet"]);
    expect(await readTimes(out)).toEqual(after);
    const refused = await captureCli([...words, "--seeds", "0", "--quiet"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`it has criterion focal and ${balanced}, got none`);
    const wrong = ["--criterion", balanced, "--criterion", "huber:delta=0"];
    const unknown = await captureCli([...words, ...first, ...wrong]);
    expect(unknown.stderr).toContain("huber: delta must be above 0, got 0");
  }, 60_000);

  test("keeps the names and folders of its runs, where another option comes to be compared", async () => {
    const { out, words } = await makeSweep();
    await run([...words, "--seeds", "0", "--quiet"]);
    const before = await readTimes(out);
    const models = ["--model", `${MODEL},dropout=0.5`, "--seeds", "0", "--quiet"];
    for (const _ of ["added", "again"]) await run([...words, ...models]);
    const { configurations } = await readSweep(out);
    const names = configurations.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["naive", `${MODEL},dropout=0.5`]);
    const after = await readTimes(out);
    expect(Object.keys(after).length).toBe(2);
    expect(after["naive-seed-0"]).toBe(before["naive-seed-0"] ?? Number.NaN);
    await run(["sweep", "--resume", out, "--quiet"]);
    expect(await readTimes(out)).toEqual(after);
  }, 60_000);

  test("is refused, where something that it has is changed or left out, and stays as it was", async () => {
    const { out, words } = await makeSweep();
    const both = ["--strategy", "naive", "--strategy", "ewc:lambda=1"];
    await run([...words, ...both, "--seeds", "0..1", "--quiet"]);
    const before = await readFile(join(out, "sweep.json"), "utf8");
    const cases: readonly (readonly [words: readonly string[], message: string])[] = [
      [[...both, "--seeds", "1..2"], "it has seeds 0, got 2"],
      [[...both, "--seeds", "0"], "it has seeds 1, got none"],
      [["--strategy", "naive", "--seeds", "0..2"], "it has strategy ewc:lambda=1, got none"],
      [[...both, "--strategy", "ewc:lambda=1.0", "--seeds", "0..1"], "ewc:lambda=1 and ewc:lambda=1.0 are the same"],
      [[...both, "--seeds", "0..2", "--epochs", "3"], "it has further options --epochs=2, got --epochs=3"],
      [[...both, "--seeds", "0..2", "--plugin", "csv"], "it has further options none, got --plugin=csv"],
      [[...both, "--strategy", "naiv", "--seeds", "0..1"], 'unknown strategy "naiv"'],
    ];
    for (const [more, message] of cases) {
      const { status, stdout, stderr } = await captureCli([...words, ...more]);
      expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 2, stdout: "", lines: 2 });
      expect(stderr).toContain(message);
      expect(await readFile(join(out, "sweep.json"), "utf8")).toBe(before);
    }
  }, 60_000);

  test("goes on with changed data, if that is accepted", async () => {
    const { data, out, words } = await makeSweep();
    const typed = [...words, "--seeds", "0..1", "--jobs", "1", "--checkpoint-every", "1", "--epochs", "60"];
    const controller = new AbortController();
    let events = 0;
    const listen = () => ++events === 2 && controller.abort(new StopRequest("SIGINT"));
    const stopped = await captureCli([...typed, "--json"], { signal: controller.signal, listen, startJob });
    expect(stopped.status).toBe(130);
    expect((await readdir(out)).sort()).toEqual(["naive-seed-0", "sweep.json"]);
    await addFiles(data, { "train/month1/d.csv": makeTable(1, ["ant", "cat"], 13) });
    const refused = await captureCli(["sweep", "--resume", out], { startJob });
    expect(refused.status).toBe(1);
    expect(refused.stdout).toContain('the data has changed since the run read it: "train/month1" had 24 samples');
    const copy = join(await makeFolder({}), "copy");
    await cp(out, copy, { recursive: true });
    await run(["sweep", "--resume", copy, "--accept-changed-data", "--quiet"]);
    expect((await readSweep(copy)).status).toBe("finished");
    await run([...typed, "--accept-changed-data", "--quiet"]);
    expect((await readSweep(out)).status).toBe("finished");
    const none = join(await makeFolder({}), "none");
    const early = await captureCli([...typed, "--out", none, "--accept-changed-data"]);
    expect(early).toMatchObject({ status: 2, stderr: "--accept-changed-data requires a sweep that goes on\n" });
  }, 60_000);

  test("is refused, where another process is at work on it", async () => {
    const { out, words } = await makeSweep();
    await run([...words, "--seeds", "0", "--quiet"]);
    const before = await readFile(join(out, "sweep.json"), "utf8");
    const lock = RunLock.acquire(out);
    const refused = await captureCli([...words, "--seeds", "0..1"]);
    lock.release();
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toContain(`another run is writing to ${out}: process `);
    expect(await readFile(join(out, "sweep.json"), "utf8")).toBe(before);
    await run([...words, "--seeds", "0..1", "--quiet"]);
  }, 60_000);

  test("trains a run anew that was killed before it began, and none that is finished, though the data is gone", async () => {
    const { data, out, words } = await makeSweep();
    await run([...words, "--seeds", "0..1", "--quiet"]);
    const before = await readSummary(join(out, "naive-seed-1"));
    for (const name of ["config.json", "summary.json"]) await rm(join(out, "naive-seed-1", name));
    await run([...words, "--seeds", "0..1", "--quiet"]);
    expect((await readSummary(join(out, "naive-seed-1"))).parametersHash).toBe(before.parametersHash);
    await rm(join(data, "train"), { recursive: true });
    const told = await run([...words, "--seeds", "0..1"]);
    // Runs go side by side: either may end first.
    expect(told).toMatch(/[12]\/2 {2}naive, seed 1: finished, stream accuracy /);
    expect(told).not.toContain("starting");
  }, 60_000);

  test("has as many runs at a time as --jobs says, or as there are cores for their workers", async () => {
    const kinds = async (more: readonly string[]) => {
      const { words } = await makeSweep();
      const told = await run([...words, "--seeds", "0..1", "--json", ...more]);
      const events = told
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line).kind);
      return events.filter((kind) => kind === "run-start" || kind === "run-end");
    };
    expect((await kinds(["--jobs", "2"])).slice(0, 2)).toEqual(["run-start", "run-start"]);
    const inTurn = ["run-start", "run-end", "run-start", "run-end"];
    expect(await kinds(["--jobs", "1"])).toEqual(inTurn);
    expect(await kinds(["--workers", String(availableParallelism())])).toEqual(inTurn);
  }, 60_000);

  test("calls the experiences of its runs by their names", async () => {
    const { words } = await makeSweep();
    const told = await run([...words, "--seeds", "0", "--json"]);
    const lines = told
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    const places = lines.flatMap(({ kind, experience, experienceName }) =>
      kind === "run-progress" && experience !== undefined ? [[experience, experienceName]] : [],
    );
    expect(places).toEqual([
      [0, "month1"],
      [1, "month2"],
    ]);
    const other = await makeSweep();
    const { stdout } = await captureCli([...other.words, "--seeds", "0"], { columns: 100, startJob });
    expect(stdout).toContain("  naive, seed 0: experience 1 month2");
  }, 60_000);

  test("hands the options of train to each run: flags, lists, and workers where they are given", async () => {
    const { out, words } = await makeSweep();
    const more = ["--no-onnx", "--drop-last", "--plugin", "csv", "--plugin", "tensorboard", "--batch-size", "10"];
    await run([...words, ...more, "--seeds", "0", "--quiet"]);
    const { config } = await readSummary(join(out, "naive-seed-0"));
    expect(config).toMatchObject({ exportsModels: false, dropLast: true, batchSize: 10, workers: 0, seed: 0 });
    expect(config.plugins.map(({ name }: { name: string }) => name)).toEqual(["csv", "tensorboard"]);
    const other = await makeSweep();
    await run([...other.words, "--workers", "1", "--seeds", "0", "--quiet"]);
    expect((await readSummary(join(other.out, "naive-seed-0"))).config.workers).toBe(1);
    const misfit = await captureCli([...words, "--out", join(out, "x"), "--model", "mlp:multiHead=true"]);
    expect(misfit.stderr).toContain(`mlp:multiHead=true: mlp: multiHead=true requires`);
    const alone = ["--out", join(out, "x"), "--model", "mlp:multiHead=true"];
    const one = await captureCli([
      ...words.filter((word, i) => word !== "--model" && words[i - 1] !== "--model"),
      ...alone,
    ]);
    expect(one.stderr).toMatch(/^mlp: multiHead=true requires/);
  }, 60_000);

  test("is refused, where sweep.json leads out of its folder or is of another form", async () => {
    const { out, words } = await makeSweep();
    await run([...words, "--seeds", "0", "--quiet"]);
    const saved = await readSweep(out);
    const cases: readonly (readonly [change: object, message: string])[] = [
      [
        { runs: [{ ...saved.runs[0], directory: "../naive-seed-0" }] },
        "sweep.json: runs.0.directory must be the name of",
      ],
      [{ version: 2 }, "sweep.json: version must be 1, got 2"],
      [{ seeds: [] }, "sweep.json: seeds must"],
      [{ grid: { ...saved.grid, strategy: [] } }, "sweep.json: grid.strategy must"],
    ];
    for (const [change, message] of cases) {
      await writeFile(join(out, "sweep.json"), JSON.stringify({ ...saved, ...change }));
      const { status, stderr } = await captureCli(["sweep", "--resume", out]);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
    }
    await writeFile(join(out, "sweep.json"), "{");
    expect((await captureCli(["sweep", "--resume", out])).stderr).toBe(`${join(out, "sweep.json")}: not JSON\n`);
  }, 60_000);
});
