import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const LEARN = ["--batch-size", "8", "--logical-shards", "2", "--optimizer", "adam:learningRate=0.02", "--epochs", "8"];

/** Rows of a table with the classes a to f, which lie apart in x: a and b, c and d, e and f on either side of 0. */
function makeTable(each: number): string {
  const rows = Array.from(
    { length: 6 * each },
    (_, i) => `${(i % 2 ? 1 : -1) * (1 + (i % 5) / 9)},${(i * 7) % 4},${"abcdef"[i % 6]}`,
  );
  return `x,noise,label\n${rows.join("\n")}\n`;
}

async function makeBenchmark(options: string): Promise<string> {
  const path = await makeFolder({ "train/d.csv": makeTable(10), "test/d.csv": makeTable(3) });
  return `directory:path=${path},experiences=3,classOrder=e|f|a|b|d|c,${options}`;
}

async function train(benchmark: string, ...words: string[]) {
  const out = join(await makeFolder({}), "run");
  const { status, stdout, stderr } = await captureCli([
    "train",
    "--benchmark",
    benchmark,
    "--out",
    out,
    ...LEARN,
    ...words,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
  return { out, stdout, summary, model: join(out, "onnx", "latest.onnx") };
}

describe("train --benchmark with classIdsFromZeroInEachExperience", () => {
  test("learns each task with labels from 0, and names the classes of each task everywhere", async () => {
    const benchmark = await makeBenchmark("taskLabels=true,classIdsFromZeroInEachExperience=true");
    const words = ["--model", "mlp:hiddenSize=8,hiddenLayers=1,multiHead=true", "--log", "none"];
    const hashes = new Set<string>();
    for (const workers of ["0", "2"]) {
      const { out, stdout, summary, model } = await train(benchmark, ...words, "--workers", workers);
      hashes.add(summary.parametersHash);
      expect(
        summary.experiences.map(({ classes, classNames }: Record<string, unknown>) => [classes, classNames]),
      ).toEqual([
        [
          [0, 1],
          ["e", "f"],
        ],
        [
          [0, 1],
          ["a", "b"],
        ],
        [
          [0, 1],
          ["d", "c"],
        ],
      ]);
      expect(summary.final.streamAccuracy).toBe(1);
      for (const names of ["e,f", "a,b", "d,c"]) expect(stdout).toContain(names);
      const { metadata } = decodeModel(await readFile(model));
      expect(metadata["firn.class_names"]).toBe('["e/a/d","f/b/c"]');
      expect(metadata["firn.experience_class_names"]).toBe('[["e","f"],["a","b"],["d","c"]]');
      const evaluated = JSON.parse((await captureCli(["evaluate", "--model", model, "--benchmark", benchmark])).stdout);
      expect(evaluated).toMatchObject({ correct: 18, examples: 18, testAccuracy: [1, 1, 1] });
      expect((await captureCli(["train", "--resume", out, "--quiet"])).status).toBe(0);
      const page = join(out, "page.html");
      await captureCli(["report", out, "--out", page]);
      expect(await readFile(page, "utf8")).toContain("<td>d, c</td>");
    }
    expect(hashes.size).toBe(1);
  }, 60_000);

  test("shares outputs among experiences without task labels", async () => {
    const benchmark = await makeBenchmark("classIdsFromZeroInEachExperience=true");
    const { summary, model } = await train(
      benchmark,
      "--model",
      "mlp:hiddenSize=8,hiddenLayers=1",
      "--workers",
      "0",
      "--quiet",
    );
    // The third experience has its classes the other way round.
    expect(summary.experiences[1].testAccuracy).toEqual([1, 1, 0]);
    const { status, stdout } = await captureCli(["evaluate", "--model", model, "--benchmark", benchmark]);
    expect([status, JSON.parse(stdout).examples]).toEqual([0, 18]);
  });
});

describe("train --benchmark with classIdsFromZeroFromFirstExperience", () => {
  test("has outputs in the order in which classes come, and goes on so where it is resumed and evaluated", async () => {
    const path = await makeFolder({ "train/d.csv": makeTable(10), "test/d.csv": makeTable(3) });
    const benchmark = `directory:path=${path},experiences=3,classIdsFromZeroFromFirstExperience=true`;
    const { summary, model, out } = await train(
      benchmark,
      "--model",
      "mlp:hiddenSize=8,incremental=true",
      "--workers",
      "0",
      "--quiet",
    );
    expect(summary.experiences.map(({ classes }: { classes: number[] }) => classes)).toEqual([
      [0, 1],
      [2, 3],
      [4, 5],
    ]);
    const { metadata } = decodeModel(await readFile(model));
    const names: string[] = JSON.parse(metadata["firn.class_names"] ?? "");
    expect(names.toSorted().join("")).toBe("abcdef");
    expect(summary.experiences.flatMap(({ classNames }: { classNames: string[] }) => classNames)).toEqual(names);
    expect(summary.config.classNames).toEqual([..."abcdef"]);
    const evaluated = JSON.parse((await captureCli(["evaluate", "--model", model, "--benchmark", benchmark])).stdout);
    expect(evaluated.testAccuracy).toEqual(summary.experiences[2].testAccuracy);
    expect((await captureCli(["train", "--resume", out, "--quiet"])).status).toBe(0);
  }, 60_000);

  test("is refused beside the other, and where folders are experiences, before a run begins", async () => {
    const path = await makeFolder({ "train/1/d.csv": makeTable(2), "test/1/d.csv": makeTable(1) });
    const [first, each] = ["classIdsFromZeroFromFirstExperience=true", "classIdsFromZeroInEachExperience=true"];
    const refusals = {
      [`directory:path=${path},${each}`]: 'requires scenario "class-incremental", got "folders"',
      [`directory:path=${path},scenario=class-incremental,${first},${each}`]: "exclude each other",
      [`directory:path=${path},classIdsFromZeroInEachExp=true`]: "did you mean classIdsFromZeroInEachExperience?",
    };
    for (const [benchmark, message] of Object.entries(refusals)) {
      const { status, stderr } = await captureCli(["train", "--benchmark", benchmark, "--quiet"]);
      expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toContain(message);
    }
  });
});
