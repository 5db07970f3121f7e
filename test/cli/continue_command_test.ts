import { afterAll, describe, expect, test } from "bun:test";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { FirnProcess } from "../../scripts/faults/firn_process.ts";
import { StopRequest } from "../../src/cli/cli_error.ts";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { coverMembers } from "../support/cover_members.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { addFiles, COMMON, FIXED, GROWING, listMonths, makeTable, readSummary, train, WIDE } from "./made_months.ts";

afterAll(removeFolders);

interface Case {
  readonly name: string;
  readonly words: readonly string[];
  /** Classes of May and June. */
  readonly later: readonly string[];
}

const CASES: readonly Case[] = [
  { name: "naive", words: ["--strategy", "naive", ...FIXED], later: ["ant", "cat"] },
  { name: "replay, a wide head", words: ["--strategy", "replay:memSize=12", ...WIDE], later: ["cat", "dog"] },
  { name: "ewc", words: ["--strategy", "ewc:lambda=1", ...FIXED], later: ["ant", "cat"] },
  { name: "lwf, a growing head", words: ["--strategy", "lwf:alpha=1", ...GROWING], later: ["cat", "dog"] },
  { name: "icarl, a growing head", words: ["--strategy", "icarl:memSize=12", ...GROWING], later: ["cat", "dog"] },
];

/** Continues a run in this process, and stops it in the middle of the first experience that it trains. */
async function stopInTheMiddle(folder: string, words: readonly string[]): Promise<void> {
  const controller = new AbortController();
  let events = 0;
  const listen = () => ++events === 3 && controller.abort(new StopRequest("SIGINT"));
  const typed = ["train", "--continue", folder, "--log", "json", ...words];
  const { status, stderr } = await captureCli(typed, { signal: controller.signal, listen });
  expect([status, stderr]).toEqual([130, expect.stringContaining("train --resume ")]);
}

describe("train --continue", () => {
  for (const { name, words, later } of coverMembers(CASES)) {
    test(`ends with the bits of one run over all months, stopped and resumed, on 0 and 2 workers: ${name}`, async () => {
      const [data, runs] = [await makeFolder(listMonths(1, 4, later)), await makeFolder({})];
      const options = ["--benchmark", `directory:path=${data}`, ...COMMON, ...words];
      const grown = join(runs, "grown");
      await train([...options, "--workers", "0", "--out", grown]);
      await addFiles(data, listMonths(5, 5, later));
      await stopInTheMiddle(grown, ["--workers", "2"]);
      expect((await readSummary(grown)).experiences.length).toBe(4);
      await train(["--resume", grown, "--workers", "0", "--quiet"]);
      await addFiles(data, listMonths(6, 6, later));
      await train(["--continue", grown, "--workers", "2", "--quiet"]);
      const whole = join(runs, "whole");
      await train([...options, "--workers", "0", "--no-onnx", "--out", whole]);
      const [summary, wanted] = [await readSummary(grown), await readSummary(whole)];
      expect(summary.parametersHash).toBe(wanted.parametersHash);
      expect(summary.final.streamAccuracy).toBe(wanted.final.streamAccuracy);
      expect(summary.final.averageForgetting).toBe(wanted.final.averageForgetting);
      const lengths = summary.experiences.map(({ testAccuracy }: { testAccuracy: number[] }) => testAccuracy.length);
      expect(lengths).toEqual([4, 4, 4, 4, 5, 6]);
      expect(summary.experiences.at(-1).testAccuracy).toEqual(wanted.experiences.at(-1).testAccuracy);
      const lines = (await readFile(join(grown, "accuracy_matrix.csv"), "utf8")).trimEnd().split("\n");
      expect(lines.map((line) => line.split(",").length)).toEqual([6, 6, 6, 6, 6, 6]);
      expect(lines[0]?.endsWith(",,")).toBe(true);
      const classes = [...new Set(["ant", "cat", ...later])];
      const { metadata } = decodeModel(await readFile(join(grown, "onnx", "latest.onnx")));
      expect(JSON.parse(metadata["firn.class_names"] ?? "")).toEqual(classes);
      expect(metadata["firn.experience_name"]).toBe("month6");
      await captureCli(["report", grown, "--out", join(runs, "page.html")]);
      const page = await readFile(join(runs, "page.html"), "utf8");
      for (const [i, label] of ["ant, cat", later.join(", ")].entries()) {
        expect(page).toContain(`<td>${label}</td><td>month${i === 0 ? 4 : 6}</td>`);
      }
    });
  }

  test("goes on to the same bits, when it was killed in the middle", async () => {
    const later = ["cat", "dog"];
    const [data, runs] = [await makeFolder(listMonths(1, 2, later)), await makeFolder({})];
    const replay = ["--strategy", "replay:memSize=12", ...GROWING, "--workers", "0"];
    const options = ["--benchmark", `directory:path=${data}`, ...COMMON, "--epochs", "50", ...replay];
    const grown = join(runs, "grown");
    await train([...options, "--out", grown]);
    await addFiles(data, listMonths(5, 6, later));
    const victim = new FirnProcess(["train", "--continue", grown, "--quiet"]);
    while ((await readSummary(grown)).status === "finished" && !victim.hasEnded) await victim.waitForRun(grown);
    expect(await victim.killAfter(0)).toBe(true);
    expect((await readSummary(grown)).experiences.length).toBeLessThan(4);
    const again = await captureCli(["train", "--continue", grown]);
    expect(again).toMatchObject({ status: 2, stdout: "" });
    expect(again.stderr).toContain("the run is not finished: go on with --resume first");
    await train(["--resume", grown, "--quiet"]);
    const whole = join(runs, "whole");
    await train([...options, "--no-onnx", "--out", whole]);
    expect((await readSummary(grown)).parametersHash).toBe((await readSummary(whole)).parametersHash);
  });

  test("names itself where a run is finished and months have come, and does nothing where nothing is new", async () => {
    const later = ["ant", "cat"];
    const [data, runs] = [await makeFolder(listMonths(1, 4, later)), await makeFolder({})];
    const out = join(runs, "run");
    await train(["--benchmark", `directory:path=${data}`, ...COMMON, ...FIXED, "--workers", "0", "--out", out]);
    const before = await readFile(join(out, "summary.json"), "utf8");
    expect((await captureCli(["train", "--resume", out])).stdout).toContain(
      `Nothing is left to do: the run in ${out} is finished\n`,
    );
    const done = await captureCli(["train", "--continue", out]);
    expect(done).toMatchObject({ status: 0, stderr: "" });
    expect(done.stdout).toContain(`Nothing is new: the run in ${out} has trained all 4 experiences\n`);
    expect(done.stdout).toMatch(/\nstream accuracy +0\./);
    const told = await captureCli(["train", "--continue", out, "--json"]);
    expect(told).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(told.stdout)).toEqual({ kind: "run-end", directory: out, summary: JSON.parse(before) });
    const data2 = join(data, "train/month2/d.csv");
    const table = await readFile(data2, "utf8");
    await writeFile(data2, makeTable(2, ["ant", "cat"], 13));
    expect(await captureCli(["train", "--continue", out])).toMatchObject({ status: 2, stdout: "" });
    await writeFile(data2, table);
    await addFiles(data, listMonths(5, 6, later));
    const { stdout } = await captureCli(["train", "--resume", out]);
    expect(stdout).toMatch(/is finished\. 2 experiences have come since; train on with: .* train --continue \S+run\n/);
    expect(await readFile(join(out, "summary.json"), "utf8")).toBe(before);
  });

  test("refuses classes that the head has no outputs for, options that it keeps, and other old months", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 4, [])), await makeFolder({})];
    const out = join(runs, "run");
    await train(["--benchmark", `directory:path=${data}`, ...COMMON, ...FIXED, "--workers", "0", "--out", out]);
    const before = await readFile(join(out, "summary.json"), "utf8");
    const refuse = async (words: readonly string[], message: string) => {
      const { status, stdout, stderr } = await captureCli(["train", "--continue", out, ...words]);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(message);
      expect(stderr.split("\n").length).toBe(2);
      expect(await readFile(join(out, "summary.json"), "utf8")).toBe(before);
    };
    await addFiles(data, listMonths(5, 5, ["bee"]));
    await refuse(
      [],
      'must have at least 3 outputs, one a class of the benchmark, or a head that grows, got 2 (new classes: ["bee"])',
    );
    await addFiles(data, listMonths(5, 5, ["ant"]));
    await refuse(["--strategy", "replay:memSize=4", "--seed", "4"], "the run has --strategy naive, got replay:");
    await refuse(["--resume", out], "--continue cannot be used with --resume");
    await refuse(["--out", "elsewhere"], "--out cannot be used with --continue");
    await refuse(
      ["--benchmark", "split-mnist"],
      `the run was trained on directory:path=${data}; what it goes on with must be of that benchmark, got split-mnist; --model `,
    );
    await addFiles(data, { "train/month2/d.csv": makeTable(2, ["ant", "cat"], 13) });
    await refuse([], 'the data has changed since the run read it: "train/month2" had 24 samples, now 26 (accept');
    await addFiles(data, {
      "test/month3/d.csv": makeTable(3, ["cat", "ant"], 4),
      "train/month2/d.csv": makeTable(2, ["ant", "cat"]),
    });
    await refuse([], '"test/month3" has other contents (acceptChangedData, or --accept-changed-data, goes on with it)');
    await train(["--continue", out, "--accept-changed-data", "--quiet"]);
    expect((await readSummary(out)).experiences.length).toBe(5);
  });

  test("leaves later folders to --continue, when a run is resumed", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 2, [])), await makeFolder({})];
    const out = join(runs, "run");
    const controller = new AbortController();
    const words = ["train", "--benchmark", `directory:path=${data}`, ...COMMON.slice(0, -1), ...FIXED, "--out", out];
    const around = { signal: controller.signal, listen: () => controller.abort(new StopRequest("SIGINT")) };
    expect((await captureCli([...words, "--log", "json"], around)).status).toBe(130);
    await addFiles(data, { "train/a/d.csv": makeTable(3, ["bee"]), "test/a/d.csv": makeTable(3, ["bee"]) });
    await train(["--resume", out, "--quiet"]);
    expect((await readSummary(out)).testExperiences).toEqual(["month1", "month2"]);
    expect((await captureCli(["train", "--resume", out])).stdout).toContain("1 experience has come since");
    await rm(join(data, "train/month1"), { recursive: true });
    await rm(join(data, "test/month1"), { recursive: true });
    const { status, stderr } = await captureCli(["train", "--continue", out]);
    expect([status, stderr]).toEqual([2, `${data}: must hold the experiences ["month1"]\n`]);
  });
});
