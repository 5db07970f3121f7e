import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { StopRequest } from "../../../src/cli/cli_error.ts";
import { runCli } from "../../../src/cli/run_cli.ts";
import { captureCli } from "../../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { COMMON, FIXED, GROWING, listMonths, readSummary, train } from "../made_months.ts";

afterAll(removeFolders);

const ONE = ["--workers", "0"];

/** Trains a head that does not grow on a folder of months. */
function wordsFor(data: string, out: string): string[] {
  return [...COMMON.slice(0, -1), ...FIXED, ...ONE, "--benchmark", `directory:path=${data}`, "--out", out];
}

/** Runs `train --watch`, and does one thing after another: each time that the run waits, or that it says something. */
async function watchRun(words: readonly string[], steps: readonly (() => void)[], on = /"kind":"waiting"/) {
  const controller = new AbortController();
  const stop = () => controller.abort(new StopRequest("SIGINT"));
  const left = [...steps, stop];
  let [stdout, stderr] = ["", ""];
  const hear = (text: string) => on.test(text) && left.shift()?.();
  const context = {
    stdout: {
      write(text: string) {
        stdout += text;
        hear(text);
      },
    },
    stderr: {
      write(text: string) {
        stderr += text;
        hear(text);
      },
    },
    signal: controller.signal,
  };
  const status = await runCli(["train", "--watch", ...words], context);
  return { status, stdout, stderr };
}

/** Months that are there later: they come by renaming, their tests first. */
async function keepAside(data: string, months: readonly number[]) {
  const aside = await makeFolder({});
  for (const month of months) {
    for (const part of ["train", "test"]) renameSync(join(data, part, `month${month}`), join(aside, `${part}${month}`));
  }
  return (month: number) => {
    for (const part of ["test", "train"]) renameSync(join(aside, `${part}${month}`), join(data, part, `month${month}`));
  };
}

describe("train --watch", () => {
  test("trains what comes to the bits of --continue by hand, and ends as finished", async () => {
    const later = ["cat", "dog"];
    const [data, runs] = [await makeFolder(listMonths(1, 6, later)), await makeFolder({})];
    const bring = await keepAside(data, [3, 4, 5, 6]);
    const options = ["--strategy", "replay:memSize=12", ...COMMON.slice(0, -1), ...GROWING, ...ONE, "--benchmark"];
    const [watched, byHand] = [join(runs, "watched"), join(runs, "byHand")];
    const words = [...options, `directory:path=${data}`, "--out", watched, "--json"];
    // A folder that has just been made is left alone.
    const half = join(data, "train", "half");
    const third = () => {
      mkdirSync(half);
      bring(3);
    };
    const both = () => {
      rmSync(half, { recursive: true });
      for (const month of [5, 6]) bring(month);
    };
    const { status, stderr, stdout } = await watchRun(words, [third, () => bring(4), both]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/"kind":"run-end"/g)).toHaveLength(4);
    const copy = await makeFolder({});
    await cp(data, copy, { recursive: true });
    const again = await keepAside(copy, [3, 4, 5, 6]);
    await train([...options, `directory:path=${copy}`, "--out", byHand, "--quiet"]);
    for (const months of [[3], [4], [5, 6]]) {
      months.map(again);
      await train(["--continue", byHand, "--quiet"]);
    }
    const [summary, wanted] = [await readSummary(watched), await readSummary(byHand)];
    expect(summary.status).toBe("finished");
    expect(summary.parametersHash).toBe(wanted.parametersHash);
    expect(summary.testExperiences).toEqual(wanted.testExperiences);
    expect(summary.experiences.map((row: { testAccuracy: unknown }) => row.testAccuracy)).toEqual(
      wanted.experiences.map((row: { testAccuracy: unknown }) => row.testAccuracy),
    );
    expect(summary.config.classNames).toEqual(["ant", "cat", "dog"]);
    expect(existsSync(join(watched, "onnx/experience-005.onnx"))).toBe(true);
    expect(await readFile(join(watched, "report.html"), "utf8")).toContain("month6");
  }, 60_000);

  test("refuses a new class by name where the head cannot grow, and goes on when it is gone", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 6, ["ant", "dog"])), await makeFolder({})];
    const bring = await keepAside(data, [4, 5, 6]);
    const out = join(runs, "run");
    const words = [...wordsFor(data, out), "--log", "json"];
    const replace = () => {
      for (const part of ["train", "test"]) rmSync(join(data, part, "month5"), { recursive: true });
      bring(4);
    };
    const { status, stderr } = await watchRun(words, [() => bring(5), replace]);
    expect(stderr).toMatch(/^.*"dog".*\n$/);
    expect(status).toBe(0);
    const { experiences, status: ended } = await readSummary(out);
    expect([ended, experiences.map(({ name }: { name: string }) => name)]).toEqual([
      "finished",
      ["month1", "month2", "month3", "month4"],
    ]);
  }, 60_000);

  test("passes over what cannot be read, tells it once, and trains it when it has been mended", async () => {
    const files = { ...listMonths(1, 4, []), "train/month0/x.npy": "junk", "train/month0/y.npy": "junk" };
    const [data, runs] = [await makeFolder(files), await makeFolder({})];
    // As a copy that has its original's time: it is whole at once.
    utimesSync(join(data, "train/month0"), 1, 1);
    const bring = await keepAside(data, [2, 3, 4]);
    const mended = await makeFolder({ "month0/d.csv": readFileSync(join(data, "train/month1/d.csv"), "utf8") });
    const mend = () => {
      utimesSync(join(mended, "month0"), 1, 1);
      rmSync(join(data, "train/month0"), { recursive: true });
      renameSync(join(mended, "month0"), join(data, "train/month0"));
    };
    const words = [...wordsFor(data, join(runs, "run")), "--log", "json"];
    const { status, stderr } = await watchRun(words, [() => bring(2), () => bring(3), mend, () => bring(4)]);
    expect(stderr).toMatch(/^.*month0.*\n$/);
    expect(status).toBe(0);
    const { experiences } = await readSummary(join(runs, "run"));
    const names = experiences.map(({ name }: { name: string }) => name);
    expect(names).toEqual(["month1", "month2", "month3", "month0", "month4"]);
  }, 60_000);

  test("is interrupted in the middle of training, and --resume goes on and waits", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 2, [])), await makeFolder({})];
    const out = join(runs, "run");
    const words = [...wordsFor(data, out), "--json"];
    const { status, stderr } = await watchRun(words, [], /"experience-start".*month2/);
    expect(status).toBe(130);
    expect(stderr).toMatch(/^Interrupted; go on with: .*train --resume .*run --watch\n$/);
    expect((await readSummary(out)).status).toBe("interrupted");
    const resumed = await watchRun(["--resume", out, "--json", ...ONE], []);
    expect([resumed.status, resumed.stderr]).toEqual([0, ""]);
    expect((await readSummary(out)).status).toBe("finished");
    const whole = join(runs, "whole");
    await train([...words.slice(0, -3), "--out", whole, "--quiet"]);
    expect((await readSummary(out)).parametersHash).toBe((await readSummary(whole)).parametersHash);
    const finished = await watchRun(["--resume", out, "--log", "text", ...ONE], [], /Waiting for new/);
    expect(finished.status).toBe(0);
    expect(finished.stdout).toContain(`Waiting for new experiences in "${data}"\n`);
  }, 60_000);

  test("is refused before the run begins where nothing can come", async () => {
    const data = await makeFolder(listMonths(1, 2, []));
    const table = await makeFolder({ "d.csv": readFileSync(join(data, "train/month1/d.csv"), "utf8") });
    const out = join(await makeFolder({}), "run");
    const refuse = async (words: readonly string[]) =>
      (await captureCli(["train", "--watch", "--out", out, "--quiet", ...words])).stderr;
    const of = (path: string, more = "") => ["--benchmark", `directory:path=${path}${more}`];
    expect(await refuse([])).toBe("--watch needs the benchmark directory, got split-mnist\n");
    expect(await refuse(of(data, ",scenario=new-instances"))).toBe(
      "--watch needs a folder for each experience, which scenario excludes\n",
    );
    expect(await refuse([...of(data), "--strategy", "joint"])).toBe(
      "--watch: joint trains all experiences at once and adds none\n",
    );
    expect(await refuse(of(table))).toBe(`--watch needs a folder for each experience, and ${table} holds samples\n`);
    expect(existsSync(out)).toBe(false);
  });
});
