import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { directoryBenchmark } from "../../src/streams/benchmarks/directory/directory_benchmark.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Rows of two classes that lie apart in x. */
function makeTable(rows: number, shift = 0): string {
  const cells = Array.from({ length: rows }, (_, i) => `${(i % 2) + shift},${(i * 3) % 7},${i % 2 ? "yes" : "no"}`);
  return `x,noise,label\n${cells.join("\n")}\n`;
}

describe("evaluate on a folder", () => {
  let [months, out] = ["", ""];

  beforeAll(async () => {
    months = await makeFolder({ "1-jan/d.csv": makeTable(40), "2-feb/d.csv": makeTable(60, 0.1) });
    out = join(await makeFolder({}), "run");
    const words = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--workers", "0", "--quiet"];
    const { status } = await captureCli(["train", "--benchmark", `directory:path=${months}`, "--out", out, ...words]);
    if (status !== 0) throw new Error("the run failed");
  });

  const run = (words: string[]) => captureCli(["evaluate", "--model", join(out, "onnx", "latest.onnx"), ...words]);

  async function evaluate(...words: string[]) {
    const { status, stdout, stderr } = await run(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { examples, tested, benchmark } = JSON.parse(stdout);
    return { examples, tested, benchmark };
  }

  test("names in the file the experiences that were learnt so far", async () => {
    const read = async (file: string) => decodeModel(await readFile(join(out, "onnx", file))).metadata;
    expect((await read("experience-000.onnx"))["firn.trained_experiences"]).toBe('["1-jan"]');
    expect((await read("latest.onnx"))["firn.trained_experiences"]).toBe('["1-jan","2-feb"]');
  });

  test("tests the share that the run kept of its own folder, and says so", async () => {
    const tested = "20 of 100 samples: testSize=0.2 of each class, which a run keeps for testing; testSize=0 tests all";
    const own = await evaluate("--benchmark", `directory:path=${months}`);
    expect(own).toEqual({ examples: 20, tested, benchmark: `directory:path=${months}` });
    const half = await evaluate("--benchmark", `directory:path=${months},testSize=0.5`);
    expect([half.examples, half.tested.slice(0, 34)]).toEqual([50, "50 of 100 samples: testSize=0.5 of"]);
  });

  test("tests all of a folder whose experiences the model has not learnt", async () => {
    const june = await makeFolder({ "3-jun/d.csv": makeTable(30) });
    const tested = 'all 30 samples, as the model has learnt none of the experiences ["3-jun"]';
    expect(await evaluate("--benchmark", `directory:path=${june}`)).toMatchObject({ examples: 30, tested });
    // A month that it has learnt is tested on what the run kept of it.
    const both = await makeFolder({ "2-feb/d.csv": makeTable(60, 0.1), "3-jun/d.csv": makeTable(30) });
    expect(await evaluate("--benchmark", `directory:path=${both}`)).toMatchObject({ examples: 18 });
    const rowsOf = async (path: string, name: string) => {
      const { testStream } = await directoryBenchmark({ path });
      const [month] = [...testStream].filter((experience) => experience.name === name);
      return Array.from(month?.dataset.references.rows ?? []);
    };
    expect(await rowsOf(both, "2-feb")).toEqual(await rowsOf(months, "2-feb"));
  });

  test("takes the folder of --data in place of the one that the file names", async () => {
    const june = await makeFolder({ "3-jun/d.csv": makeTable(30) });
    const { examples, benchmark } = await evaluate("--data", june);
    expect(examples).toBe(30);
    expect(benchmark).toContain(`path=${june}`);
    const { status, stderr } = await run([]);
    expect(status).toBe(2);
    expect(stderr).toContain("say where it lies, or another, as --data FOLDER");
  });

  test("tests all samples with testSize=0, of a table without experiences too, and the folder test alone", async () => {
    const all = "all 100 samples, as testSize=0 says";
    const own = await evaluate("--benchmark", `directory:path=${months},testSize=0`);
    expect(own).toMatchObject({ examples: 100, tested: all });
    const table = await makeFolder({ "d.csv": makeTable(20) });
    expect(await evaluate("--benchmark", `directory:path=${table},testSize=0`)).toMatchObject({ examples: 20 });
    expect(await evaluate("--benchmark", `directory:path=${table}`)).toMatchObject({ examples: 4 });
    const parted = await makeFolder({ "train/a/d.csv": makeTable(20), "test/a/d.csv": makeTable(10) });
    const tested = 'all 10 samples in the folder "test"';
    expect(await evaluate("--benchmark", `directory:path=${parted}`)).toMatchObject({ examples: 10, tested });
    const { stderr } = await run(["--benchmark", `directory:path=${parted},testSize=0`]);
    expect(stderr).toContain('testSize requires a folder without "test", got 0');
  });

  test("does not train without samples to test on", async () => {
    const folder = join(await makeFolder({}), "run");
    const { status, stderr } = await captureCli([
      "train",
      "--benchmark",
      `directory:path=${months},testSize=0`,
      "--out",
      folder,
    ]);
    expect(status).toBe(2);
    expect(stderr).toBe(`${months}: testSize must be above 0 and below 1 in training, got 0\n`);
  });
});
