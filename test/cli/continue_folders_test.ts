import { afterAll, describe, expect, test } from "bun:test";
import { readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { addFiles, COMMON, FIXED, GROWING, listMonths, makeTable, readSummary, train } from "./made_months.ts";

afterAll(removeFolders);

describe("train --continue, of folders", () => {
  test("calls experiences by their folders, and trains new ones last, wherever their names sort", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 2, [])), await makeFolder({})];
    const out = join(runs, "run");
    const words = ["--benchmark", `directory:path=${data}`, ...COMMON.slice(0, -1), ...FIXED, "--workers", "0"];
    await captureCli(["train", ...words, "--out", out]);
    const table = makeTable(3, ["ant", "cat"]);
    await addFiles(data, { "train/extra/d.csv": table, "test/extra/d.csv": table });
    const { stdout } = await captureCli(["train", "--continue", out, "--workers", "0", "--log", "text"]);
    expect(stdout).toContain('Training on experience 2 "extra" (task 0) of the train stream');
    expect(stdout).toMatch(/trained +classes +name +month1 +month2 +extra +stream/);
    expect(stdout).toMatch(/\n +0 +ant,cat +month1 +[\d.]+ +[\d.]+ {5,}[\d.]+ +[\d.]+\n/);
    expect(stdout).toMatch(/\n +2 +ant,cat +extra /);
    const { experiences, testExperiences, config } = await readSummary(out);
    expect(experiences.map(({ name }: { name: string }) => name)).toEqual(["month1", "month2", "extra"]);
    expect([testExperiences, config.experienceNames]).toEqual(Array(2).fill(["month1", "month2", "extra"]));
    const { metadata } = decodeModel(await readFile(join(out, "onnx", "latest.onnx")));
    expect([metadata["firn.experience"], metadata["firn.experience_name"]]).toEqual(["2", "extra"]);
    await captureCli(["report", out, "--out", join(out, "page.html")]);
    const page = await readFile(join(out, "page.html"), "utf8");
    expect(page).toContain('<td class="number">2</td><td>ant, cat</td><td>extra</td>');
    for (const text of ["3: extra", ">extra</text>", ">month1</text>"]) expect(page).toContain(text);
  });

  test("adds the experiences of another folder, to the bits of one run over both", async () => {
    const later = ["ant", "cat"];
    const [data, next, runs] = [
      await makeFolder(listMonths(1, 2, [])),
      await makeFolder(listMonths(5, 6, later)),
      await makeFolder({}),
    ];
    const words = [...COMMON, ...FIXED, "--strategy", "replay:memSize=12", "--workers", "0"];
    const grown = join(runs, "grown");
    await train(["--benchmark", `directory:path=${data},mean=0.5,std=2`, ...words, "--out", grown]);
    const add = (options: string) => [
      "--continue",
      grown,
      "--benchmark",
      `directory:path=${next}${options}`,
      "--quiet",
    ];
    const refused = await captureCli(["train", ...add(",mean=0.1,std=2")]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toBe(`${next}: the run's folders are read with mean [0.5], got [0.1]\n`);
    await train(add(",mean=0.5"));
    const again = await captureCli(["train", ...add("")]);
    expect(again).toMatchObject({ status: 0, stderr: "" });
    expect(again.stdout).toContain(`Nothing is new: the run in ${grown} has trained all 4 experiences\n`);
    const whole = join(runs, "whole");
    await train(["--benchmark", `directory:path=${data},more=${next},mean=0.5,std=2`, ...words, "--out", whole]);
    const [summary, wanted] = [await readSummary(grown), await readSummary(whole)];
    expect(summary.parametersHash).toBe(wanted.parametersHash);
    expect(summary.config.benchmark).toEqual(wanted.config.benchmark);
    expect(summary.testExperiences).toEqual(["month1", "month2", "month5", "month6"]);
    const twice = ["train", "--benchmark", `directory:path=${data},more=${data}`, ...words, "--out", join(runs, "x")];
    expect((await captureCli(twice)).stderr).toBe(`the experience "month1" is in ${data} and ${data}\n`);
  });

  test("leaves the matrix empty where a month has nothing to test on, and fills it when that has come", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 4, [])), await makeFolder({})];
    const [late, out] = [join(data, "test/month2"), join(runs, "run")];
    const aside = join(runs, "aside");
    await rename(late, aside);
    const replay = ["--strategy", "replay:memSize=12", ...FIXED, "--workers", "0"];
    const words = ["--benchmark", `directory:path=${data}`, ...COMMON.slice(0, -1), ...replay, "--out", out];
    const { status, stderr, stdout } = await captureCli(["train", ...words]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/\n +1 +ant,cat +month2 +0\.\d+ +- +0\.\d+ +0\.\d+ +0\.\d+ /);
    const { experiences, testExperiences, final } = await readSummary(out);
    expect(testExperiences).toEqual(["month1", "month2", "month3", "month4"]);
    expect(experiences.map((row: { testAccuracy: unknown[] }) => row.testAccuracy[1])).toEqual([
      null,
      null,
      null,
      null,
    ]);
    const [a, , c, d] = experiences.at(-1).testAccuracy;
    expect(final.averageAccuracy).toBeCloseTo((a + c + d) / 3, 12);
    expect(final.streamAccuracy).toBeCloseTo((a + c + d) / 3, 12);
    const csv = await readFile(join(out, "accuracy_matrix.csv"), "utf8");
    expect(csv).toMatch(/^(?:[\d.]+,,[\d.]+,[\d.]+\n){4}$/);
    const evaluation = ["evaluate", "--model", join(out, "onnx/latest.onnx"), "--benchmark", `directory:path=${data}`];
    expect(JSON.parse((await captureCli(evaluation)).stdout).testAccuracy).toEqual([a, null, c, d]);
    await rename(aside, late);
    await addFiles(data, listMonths(5, 5, ["ant", "cat"]));
    await train(["--continue", out, "--quiet"]);
    const row = (await readSummary(out)).experiences.at(-1).testAccuracy;
    expect(row.map((accuracy: unknown) => typeof accuracy)).toEqual(Array(5).fill("number"));
    await captureCli(["report", out, "--out", join(out, "page.html"), "--svg"]);
    expect(await readFile(join(out, "page.html"), "utf8")).toContain("2: month2");
  });

  test("gives new classes the ids that follow: bee between ant and cat does not move cat", async () => {
    const [data, runs] = [await makeFolder(listMonths(1, 4, [])), await makeFolder({})];
    const out = join(runs, "run");
    await train(["--benchmark", `directory:path=${data}`, ...COMMON, ...GROWING, "--workers", "0", "--out", out]);
    await addFiles(data, listMonths(5, 5, ["bee", "cat"]));
    await train(["--continue", out, "--quiet", "--epochs", "3"]);
    const { config, experiences } = await readSummary(out);
    expect(config).toMatchObject({ classNames: ["ant", "cat", "bee"], epochs: 3 });
    expect(experiences.at(-1)).toMatchObject({ classes: [1, 2], epochs: 3 });
    expect(JSON.parse(await readFile(join(out, "config.json"), "utf8")).classNames).toEqual(["ant", "cat", "bee"]);
  });
});
