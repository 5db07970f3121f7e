import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** Rows of two classes that lie apart in x. */
function makeTable(rows: number): string {
  const cells = Array.from({ length: rows }, (_, i) => `${(i % 2) * 2},${(i * 3) % 7},${i % 2 ? "yes" : "no"}`);
  return `x,noise,label\n${cells.join("\n")}\n`;
}

describe("export", () => {
  let [data, run, outs] = ["", "", ""];

  beforeAll(async () => {
    data = await makeFolder({ "1-jan/d.csv": makeTable(80), "2-feb/d.csv": makeTable(60) });
    outs = await makeFolder({});
    run = join(await makeFolder({}), "run");
    const words = ["--model", "mlp:hiddenSize=64,hiddenLayers=2", "--batch-size", "8", "--workers", "0", "--quiet"];
    const { status } = await captureCli(["train", "--benchmark", `directory:path=${data}`, "--out", run, ...words]);
    if (status !== 0) throw new Error("the run failed");
  });

  const type = (...words: string[]) => captureCli(["export", ...words]);

  test("writes the newest model, and says what it costs beside the run's own", async () => {
    const out = join(outs, "int8.onnx");
    const { status, stdout, stderr } = await type(run, "--out", out, "--precision", "int8", "--data", data, "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const { from, before, after, tested } = JSON.parse(stdout);
    expect(from).toBe(join(run, "onnx", "experience-001.onnx"));
    expect(tested.slice(0, 17)).toBe("28 of 140 samples");
    expect(after.accuracy).toBeCloseTo(before.accuracy, 1);
    expect(after.bytes).toBe((await readFile(out)).length);
    expect(after.bytes).toBeLessThan(0.6 * before.bytes);
    const { metadata } = decodeModel(await readFile(out));
    expect(metadata["firn.precision"]).toBe("int8");
    expect(metadata["firn.class_names"]).toBe('["no","yes"]');
    // What was converted is evaluated as the run's own file is.
    const evaluated = await captureCli(["evaluate", "--model", out, "--data", data]);
    expect(JSON.parse(evaluated.stdout).streamAccuracy).toBe(after.accuracy);
  });

  test("writes a chosen experience with more outputs, and without samples says why accuracy is unknown", async () => {
    const out = join(outs, "first.onnx");
    const words = ["--experience", "0", "--softmax", "--features", "--opset", "19"];
    const { status, stdout } = await type(run, "--out", out, ...words);
    expect(status).toBe(0);
    expect(stdout).toContain("Accuracy was not measured: ");
    expect(stdout).toContain("ms for 64 samples");
    const { graph, metadata, opsetVersion } = decodeModel(await readFile(out));
    expect([opsetVersion, metadata["firn.experience"]]).toEqual([19, "0"]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["logits", "features", "probabilities"]);
  });

  test("adds what a layer gives by the layer's name", async () => {
    const out = join(outs, "layer.onnx");
    expect((await type(run, "--out", out, "--features", "fc0", "--no-test")).stderr).toBe("");
    const { graph } = decodeModel(await readFile(out));
    expect(graph.outputs.at(1)?.shape?.at(1)).toBe(64);
    expect(graph.nodes.find(({ outputs }) => outputs.includes("features"))?.op).toBe("Relu");
  });

  test("refuses what cannot be, and writes nothing then", async () => {
    const out = join(outs, "none.onnx");
    const refusals = [
      [[run, "--out", out, "--experience", "7"], `${run} has no export of experience 7; there are [0, 1]`],
      [[run, "--out", join(outs, "no", "a.onnx")], `a.onnx: there is no folder ${join(outs, "no")}`],
      [[run, "--out", outs], `--out ${outs} is a folder: give a file in it`],
      [[run, "--out", join(run, "onnx", "experience-001.onnx")], "is the model itself: give another file"],
      [[run, "--out", out, "--layout", "nchw"], "layout nchw needs samples [height, width, channels]"],
      [[run, "--out", out, "--opset", "12"], "opset must be a whole number from 13 to 21, got 12"],
      [[run, "--out", out, "--precision", "int8"], "say where it lies, or another, as --data FOLDER"],
      [[join(outs, "nix"), "--out", out], `${join(outs, "nix")}: there is no such file or folder`],
      [[join(outs, "nix"), "--out", out, "--original"], `${join(outs, "nix")}: there is no such file or folder`],
      [
        [run, "--out", out, "--web", join(outs, "web")],
        "give the file to be written with --out, or a folder with --web, not both",
      ],
      [
        [run, "--out", out, "--data", data, "--benchmark", "directory:path=other"],
        `directory: its folder must be named once, got path=other and --data ${data}`,
      ],
      [[run, "--out", out, "--features", "fc9"], 'unknown layer or value "fc9", did you mean fc0 or fc1?'],
      [[outs, "--out", out], `${outs} holds no exported model`],
      [[join(run, "config.json"), "--out", out, "--no-test"], "the ONNX file"],
    ] as const;
    for (const [words, message] of refusals) {
      const { status, stdout, stderr } = await type(...words);
      expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
      expect(stderr).toContain(message);
    }
    expect(await readdir(outs)).not.toContain("none.onnx");
  });

  test("replaces a file only when told to", async () => {
    const out = join(outs, "twice.onnx");
    expect((await type(run, "--out", out, "--no-test")).status).toBe(0);
    const again = await type(run, "--out", out, "--no-test");
    expect([again.status, again.stderr]).toEqual([
      2,
      `--out ${out} exists: give another file, or --force to replace it\n`,
    ]);
    expect((await type(run, "--out", out, "--no-test", "--force")).status).toBe(0);
  });
});

describe("train --export", () => {
  const words = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--workers", "0", "--quiet"];

  test("writes each model once more, in that form, and a run that goes on does so, too", async () => {
    const data = await makeFolder({ "1-jan/d.csv": makeTable(80), "2-feb/d.csv": makeTable(60) });
    const out = join(await makeFolder({}), "run");
    const form = ["--export", "softmax=true,opset=18,precision=int8,calibrationSamples=20,features=true"];
    const run = await captureCli(["train", "--benchmark", `directory:path=${data}`, "--out", out, ...words, ...form]);
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
    expect((await readdir(join(out, "export"))).sort()).toEqual(["experience-000.onnx", "experience-001.onnx"]);
    const { graph, metadata, opsetVersion } = decodeModel(await readFile(join(out, "export", "experience-001.onnx")));
    expect([opsetVersion, metadata["firn.precision"], metadata["firn.experience"]]).toEqual([18, "int8", "1"]);
    expect(graph.outputs.map(({ name }) => name)).toEqual(["logits", "features", "probabilities"]);
    const config = JSON.parse(await readFile(join(out, "config.json"), "utf8"));
    const kept = { softmax: true, opset: 18, precision: "int8", calibrationSamples: 20, features: "true" };
    expect(config.exportForm).toEqual(kept);
    const more = await makeFolder({ "3-mar/d.csv": makeTable(40) });
    const months = `directory:path=${data},more=${more}`;
    const continued = await captureCli(["train", "--continue", out, "--benchmark", months, "--quiet"]);
    expect({ status: continued.status, stderr: continued.stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readdir(join(out, "export"))).toContain("experience-002.onnx");
  });

  test("takes features that a method's scores may stand on, and refuses names that no model has", async () => {
    const data = await makeFolder({ "1-jan/d.csv": makeTable(40) });
    const out = join(await makeFolder({}), "run");
    const typed = ["train", "--benchmark", `directory:path=${data}`, "--out", out, ...words, "--plugin", "ncm"];
    const refused = await captureCli([...typed, "--export", "features=body"]);
    expect(refused.stderr).toContain('unknown layer or value "body"');
    const { status, stderr } = await captureCli([...typed, "--export", "features=fc0"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    // Behind the network's outputs, which are a value like others then, stands what the method makes of them.
    const rectified = ["train", "--benchmark", `directory:path=${data}`, ...words, "--strategy", "il2m:memSize=9"];
    const behind = join(await makeFolder({}), "run");
    const run = await captureCli([...rectified, "--out", behind, "--export", "features=classifier"]);
    expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("is refused before a run begins where its models cannot have that form", async () => {
    const data = await makeFolder({ "1-jan/d.csv": makeTable(20) });
    const out = join(await makeFolder({}), "run");
    const attempt = (model: string, form: string, ...more: string[]) =>
      captureCli(
        ["train", "--benchmark", `directory:path=${data}`, "--out", out, ...words, "--model", model, ...more].concat(
          "--export",
          form,
        ),
      );
    const mlp = "mlp:hiddenSize=8,hiddenLayers=1";
    const recurrent = `path=${new URL("../support/recurrent_model.ts", import.meta.url).pathname}`;
    const refusals = [
      [mlp, "layout=nchw", "export: layout nchw needs samples [height, width, channels], got [2]"],
      [mlp, "features=body", 'export: the ONNX file: unknown layer or value "body"; known: '],
      [
        mlp,
        "features=dropout0",
        'export: the ONNX file: unknown layer or value "dropout0"; known: Gemm_3, fc0, logits',
      ],
      // Its values are the file's logits.
      [
        mlp,
        "features=classifier,softmax=true",
        'export: the ONNX file: unknown layer or value "classifier"; known: Gemm_3, fc0, logits',
      ],
      [mlp, "opset=12", "export: opset must be a whole number from 13 to 21"],
      [mlp, "size=3", 'export: unknown option "size"'],
      [mlp, "calibrationSamples=3", 'export: calibrationSamples needs precision=int8, got "float32"'],
      [mlp, "original=true,layout=nchw", "export: original=true excludes layout"],
      [mlp, "original=true", 'export: "simple_mlp" cannot leave as it came: it is no network from an ONNX file'],
      [recurrent, "precision=float16", "export: precision float16: "],
    ] as const;
    for (const [model, form, message] of refusals) {
      const { status, stderr } = await attempt(model, form);
      expect([form, status, stderr]).toEqual([form, 2, expect.stringContaining(message)]);
    }
    expect(await readdir(join(out, ".."))).toEqual([]);
  });
});
