import { afterAll, afterEach, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { FirnProcess } from "../../../scripts/faults/firn_process.ts";
import { readEnding } from "../../../scripts/faults/run_ending.ts";
import { StopRequest } from "../../../src/cli/cli_error.ts";
import { ERASE_BELOW } from "../../../src/evaluation/loggers/terminal_bars.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { startJobHere as startJob } from "../../support/job_here.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);
afterEach(() => {
  delete process.env.FIRN_TEST_MISFIT;
});

const MISFIT = fileURLToPath(new URL("../../support/misfit_model.ts", import.meta.url));
const UP_ONE = "\u001b[1A";
const STRATEGIES = ["naive", "replay:memSize=10"];

/** Options of a sweep of small runs, and its folder, which is not there yet. */
async function makeSweep(names: readonly string[] = STRATEGIES) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 15, testPerClass: 3 }));
  const out = join(await makeFolder({}), "sweep");
  const model = ["--model", "mlp:hiddenSize=16,hiddenLayers=1", "--batch-size", "32", "--epochs", "2"];
  const shared = ["--benchmark", "split-mnist:experiences=2", "--data", data, "--checkpoint-every", "2", ...model];
  const strategies = names.flatMap((name) => ["--strategy", name]);
  return { out, shared, words: ["sweep", "--out", out, ...strategies, ...shared] };
}

async function readSweep(out: string) {
  return JSON.parse(await readFile(join(out, "sweep.json"), "utf8"));
}

/** What must be equal in two sweeps, however often they were cut off. */
async function readEndings(out: string) {
  const { runs } = await readSweep(out);
  return Promise.all(runs.map(({ directory }: { directory: string }) => readEnding(join(out, directory))));
}

describe("sweep", () => {
  test("trains every strategy with every seed as train does, and tells means and deviations", async () => {
    const { out, shared, words } = await makeSweep();
    const { status, stdout, stderr } = await captureCli([...words, "--seeds", "0..2"], { startJob });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { status: said, configurations, runs } = await readSweep(out);
    expect(said).toBe("finished");
    expect(runs.map((run: { directory: string }) => run.directory)).toEqual([
      ...["naive-seed-0", "naive-seed-1", "naive-seed-2"],
      ...["replay-memSize=10-seed-0", "replay-memSize=10-seed-1", "replay-memSize=10-seed-2"],
    ]);
    for (const { name, streamAccuracy, finished } of configurations) {
      const of = runs.filter((run: { configuration: string }) => run.configuration === name);
      const [a, b, c]: number[] = of.map((run: { final: { streamAccuracy: number } }) => run.final.streamAccuracy);
      const [x = 0, y = 0, z = 0] = [a, b, c];
      const mean = (x + y + z) / 3;
      const deviation = Math.sqrt(((x - mean) ** 2 + (y - mean) ** 2 + (z - mean) ** 2) / 2);
      expect(finished).toBe(3);
      expect(streamAccuracy.mean).toBeCloseTo(mean, 12);
      expect(streamAccuracy.deviation).toBeCloseTo(deviation, 12);
      expect(stdout).toContain(`${mean.toFixed(4)} ± ${deviation.toFixed(4)}`);
    }
    const alone = join(await makeFolder({}), "alone");
    const own = ["--strategy", "replay:memSize=10", "--seed", "1", "--workers", "0"];
    await captureCli(["train", "--out", alone, ...shared, ...own, "--quiet"]);
    expect(await readEnding(join(out, "replay-memSize=10-seed-1"))).toEqual(await readEnding(alone));
  }, 120_000);

  test("that was killed goes on with the same command, and repeats no run that is finished", async () => {
    const whole = await makeSweep(["naive"]);
    await captureCli([...whole.words, "--seeds", "0..2", "--quiet"], { startJob });
    const { out, words } = await makeSweep(["naive"]);
    const victim = new FirnProcess([...words, "--seeds", "0..2", "--jobs", "1"]);
    await victim.waitForRun(join(out, "naive-seed-1"));
    expect(await victim.killAfter(0)).toBe(true);
    const finished = join(out, "naive-seed-0", "summary.json");
    const { mtimeMs } = await stat(finished);
    expect(existsSync(join(out, "naive-seed-2"))).toBe(false);
    const { status, stderr } = await captureCli([...words, "--seeds", "0..2", "--quiet"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect((await stat(finished)).mtimeMs).toBe(mtimeMs);
    expect(await readEndings(out)).toEqual(await readEndings(whole.out));
  }, 120_000);

  test("exits with 130 after Ctrl-C, and --resume goes on", async () => {
    const { out, words } = await makeSweep();
    const controller = new AbortController();
    let events = 0;
    const listen = () => ++events === 3 && controller.abort(new StopRequest("SIGINT"));
    const stopped = await captureCli([...words, "--seeds", "4", "--json"], { signal: controller.signal, listen });
    expect(stopped.status).toBe(130);
    expect(stopped.stderr).toMatch(/^Interrupted; go on with: (npx )?(bun run|deno task) sweep --resume \S+sweep\n$/);
    expect((await readSweep(out)).status).toBe("interrupted");
    const other = await captureCli(["sweep", "--resume", out, "--epochs", "3"]);
    expect(other).toMatchObject({ status: 2, stderr: "--epochs cannot be used with --resume\n" });
    const resumed = await captureCli(["sweep", "--resume", out, "--json"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    const last = JSON.parse(resumed.stdout.trim().split("\n").at(-1) ?? "");
    expect(last).toEqual({ kind: "sweep-end", directory: out, runs: 2, failed: 0 });
    const whole = await makeSweep();
    await captureCli([...whole.words, "--seeds", "4", "--quiet"], { startJob });
    expect(await readEndings(out)).toEqual(await readEndings(whole.out));
  }, 120_000);

  test("tells of a run that fails, and goes on with the others; tries it again when told to go on", async () => {
    const { out, shared, words } = await makeSweep(["naive"]);
    const plugin = `import process from "node:process";
    export class plugin {
      name = "broken";
      afterTrainingExp() { if (process.argv.includes("--seed=1")) throw new Error("made to fail"); }
    }`;
    const file = join(await makeFolder({ "broken.mjs": plugin }), "broken.mjs");
    const typed = [...words, "--seeds", "0..2", "--plugin", `path=${file}`];
    const { status, stdout, stderr } = await captureCli(typed);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: "1 of 3 runs failed; the same command tries them again\n",
    });
    expect(stdout).toMatch(/naive, seed 1: failed.*: .*made to fail\n/);
    const { status: said, runs } = await readSweep(out);
    expect(said).toBe("failed");
    const stati = runs.map((run: { status: string }) => run.status);
    expect(stati).toEqual(["finished", "failed", "finished"]);
    const refused = await captureCli(["sweep", "--resume", out]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`sweep.json names programs, "${file}": type the sweep's options`);
    const labels = join(shared[shared.indexOf("--data") + 1] ?? "", "train-labels-idx1-ubyte");
    await rename(labels, `${labels}.aside`);
    const missing = await captureCli(typed);
    expect(missing).toMatchObject({ status: 1, stdout: expect.stringMatching(/naive, seed 1: failed.*train-labels/) });
    await rename(`${labels}.aside`, labels);
    await writeFile(file, plugin.replace("--seed=1", "--seed=9"));
    expect(await captureCli([...typed, "--quiet"])).toMatchObject({ status: 0, stderr: "" });
  }, 120_000);

  test("refuses what can be known before a run begins, and writes nothing", async () => {
    const cases: readonly (readonly [words: readonly string[], message: string])[] = [
      [["--strategy", "naiv"], 'unknown strategy "naiv", did you mean naive?'],
      [["--strategy", "ewc:lambda=-1"], "ewc: lambda must be"],
      [["--strategy", "pnn"], "pnn: "],
      [["--strategy", "naive"], "naive and naive are the same configuration"],
      [["--epoch", "3"], "unknown option '--epoch'"],
      [["--epochs", "0"], "--epochs must be a whole number of at least 1, got 0"],
      [["--seed", "3"], "unknown option '--seed' (Did you mean --seeds?)"],
      // A run of a sweep is one process, for which nobody speaks to a gate.
      [["--elastic"], "unknown option '--elastic'"],
      [["--rank-timeout", "5"], "unknown option '--rank-timeout'"],
      [["--gated"], "unknown option '--gated'"],
      [["--seeds", "4..0"], '--seeds must be a range such as 0..4 or a list such as 0|2|7, got "4..0"'],
      [["--seeds", "1|1"], "--seeds must name each seed once, got 1 twice"],
      [["--jobs", "0"], "--jobs must be a whole number of at least 1, got 0"],
      [["--model", "mlp:hiddenSize=3", "--model", "path=missing.ts"], "missing.ts"],
      [["--data", "/nowhere"], "/nowhere"],
      [["--model", `path=${MISFIT}`], `${STRATEGIES[0]}, path=${MISFIT}: model `],
      [["--trust"], "--trust requires --resume"],
      [["--quiet", "--json"], "--json cannot be used with --quiet"],
    ];
    process.env.FIRN_TEST_MISFIT = "classes";
    for (const [more, message] of cases) {
      const { out, words } = await makeSweep();
      const { status, stdout, stderr } = await captureCli([...words, ...more]);
      expect({ status, stdout, lines: stderr.split("\n").length }).toEqual({ status: 2, stdout: "", lines: 2 });
      expect(stderr).toContain(message);
      expect(existsSync(out)).toBe(false);
    }
  }, 60_000);

  test("refuses a folder that holds something else", async () => {
    const { out, words } = await makeSweep();
    const folder = await makeFolder({ "mine.txt": "mine" });
    const taken = await captureCli([...words, "--out", folder]);
    expect(taken).toEqual({ status: 2, stdout: "", stderr: `${folder} is not empty and holds no sweep\n` });
    expect(await readdir(folder)).toEqual(["mine.txt"]);
    const none = await captureCli(["sweep", "--resume", folder]);
    expect(none).toMatchObject({ status: 2, stderr: `${folder} holds no sweep: sweep.json is missing\n` });
    await captureCli([...words, "--seeds", "0", "--quiet"], { startJob });
    const other = await captureCli([...words, "--seeds", "0..1", "--epochs", "9"]);
    expect(other.status).toBe(2);
    expect(other.stderr).toBe(
      `${out} holds another sweep: it has further options --epochs=2, got --epochs=9 (strategies, seeds and so on may be added, and nothing changed)\n`,
    );
    await rm(join(out, "sweep.json"));
    expect((await captureCli([...words, "--seeds", "0"])).stderr).toContain("is not empty and holds no sweep");
  }, 60_000);

  test("shows the runs that go on below those that have ended, on a terminal", async () => {
    const { words } = await makeSweep();
    const { stdout } = await captureCli([...words, "--seeds", "0"], { columns: 60, startJob });
    expect(stdout).toContain("  naive, seed 0: experience 1, stream accuracy 0.");
    expect(stdout).toContain(`${UP_ONE}${ERASE_BELOW}2/2  `);
    const lines = stdout.replaceAll(ERASE_BELOW, "\n").split("\n");
    for (const line of lines.filter((text) => text.startsWith("  "))) expect(line.length).toBeLessThan(60);
  }, 60_000);
});
