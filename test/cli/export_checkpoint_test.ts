import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { readExportMetadata } from "../../src/onnx/export/evaluate_export.ts";
import { encodeCheckpoint } from "../../src/runs/checkpoints/checkpoint_codec.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Rows of two classes that lie apart in x. */
function makeTable(rows: number): string {
  const cells = Array.from({ length: rows }, (_, i) => `${(i % 2) * 2},${(i * 3) % 7},${i % 2 ? "yes" : "no"}`);
  return `x,noise,label\n${cells.join("\n")}\n`;
}

/** A strategy of its own, in a module. */
const MODULE = `import { Naive } from "${new URL("../../src/strategies.ts", import.meta.url).href}";
export class strategy extends Naive {}
`;

describe("export of a checkpoint", () => {
  let [data, run, outs] = ["", "", ""];
  let checkpoints: string[] = [];

  const train = (out: string, ...words: string[]) => {
    const shared = ["--model", "mlp:hiddenSize=8", "--batch-size", "8", "--workers", "0", "--checkpoint-every", "3"];
    return captureCli(["train", "--benchmark", `directory:path=${data}`, "--out", out, ...shared, ...words, "--quiet"]);
  };
  const list = async (folder: string) => {
    const names = (await readdir(join(folder, "checkpoints"))).toSorted();
    return names.map((name) => join(folder, "checkpoints", name));
  };

  beforeAll(async () => {
    data = await makeFolder({ "1-jan/d.csv": makeTable(80), "2-feb/d.csv": makeTable(60) });
    outs = await makeFolder({});
    run = join(await makeFolder({}), "run");
    // Predicts by class means, which the plugin holds.
    const { status, stderr } = await train(run, "--plugin", "ncm");
    if (status !== 0) throw new Error(stderr);
    checkpoints = await list(run);
  });

  const type = (...words: string[]) => captureCli(["export", ...words]);

  test("writes the file that the run's own export becomes", async () => {
    const [newest = ""] = checkpoints.slice(-1);
    const [ofRun, ofCheckpoint] = [join(outs, "run.onnx"), join(outs, "checkpoint.onnx")];
    const words = ["--softmax", "--opset", "18"];
    expect((await type(run, "--out", ofRun, ...words, "--no-test")).status).toBe(0);
    const { status, stdout, stderr } = await type(newest, "--out", ofCheckpoint, ...words, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readFile(ofCheckpoint)).toEqual(await readFile(ofRun));
    const { from, tested, before, after } = JSON.parse(stdout);
    expect([from, tested]).toEqual([newest, "all 28 samples of the run's test data"]);
    expect(after.accuracy).toBe(before.accuracy);
    expect(JSON.parse((await readExportMetadata(ofCheckpoint))["firn.head"] ?? "").length).toBe(2);
  });

  test("writes the model in the middle of an experience, too", async () => {
    const [inside = ""] = checkpoints.slice(-2);
    const out = join(outs, "inside.onnx");
    const { status, stderr } = await type(inside, "--out", out, "--no-test");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const metadata = await readExportMetadata(out);
    expect([metadata["firn.experience"], metadata["firn.metrics"]]).toEqual(["1", undefined]);
  });

  test("refuses what cannot be, and writes nothing then", async () => {
    const [newest = ""] = checkpoints.slice(-1);
    const out = join(outs, "none.onnx");
    const other = join(outs, "other.safetensors");
    await writeFile(other, encodeCheckpoint({ kind: "strategy" }));
    const broken = join(outs, "broken.safetensors");
    await writeFile(broken, "nothing");
    const mine = join(await makeFolder({ "mine.mjs": MODULE }), "mine.mjs");
    const own = join(await makeFolder({}), "own");
    expect((await train(own, "--strategy", `path=${mine}`)).stderr).toBe("");
    const [ofMine = ""] = await list(own);
    const refusals = [
      [[newest, "--out", out, "--experience", "0"], "is a checkpoint, which has one model: leave --experience out"],
      [[other, "--out", out], `${other}: it is no checkpoint of a run: exportStrategy exports`],
      [[broken, "--out", out], `${broken}: no checkpoint: it begins with "nothing"`],
      [[join(outs, "no.safetensors"), "--out", out], "no.safetensors: there is no such file or folder"],
      [[newest, "--out", newest], `--out ${newest} is the model itself`],
      [[ofMine, "--out", out], `${ofMine} names programs, "${mine}": give --trust to run them`],
    ] as const;
    for (const [words, message] of refusals) {
      const { status, stdout, stderr } = await type(...words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(message);
    }
    expect(await readdir(outs)).not.toContain("none.onnx");
    expect((await type(ofMine, "--out", out, "--trust", "--no-test")).stderr).toBe("");
    const changed = join(data, "2-feb/d.csv");
    await writeFile(changed, `${await readFile(changed, "utf8")}2,1,yes\n`);
    const late = join(outs, "late.onnx");
    expect((await type(newest, "--out", late)).stderr).toContain("the data has changed since the run read it");
    expect((await type(newest, "--out", late, "--accept-changed-data", "--no-test")).stderr).toBe("");
  });
});
