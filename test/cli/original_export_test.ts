import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decodeModel } from "../../src/onnx/file/decode_model.ts";
import { encodeModel } from "../../src/onnx/file/encode_model.ts";
import { createOnnxModel } from "../../src/onnx/file/onnx_model.ts";
import { connect } from "../../src/serving/client/connect.ts";
import { serve } from "../../src/serving/serve.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";
import { makeNode, makeRows, makeTensor, writeRowNetwork } from "../support/made_onnx.ts";

afterAll(removeFolders);

/** A network of rows without statistics: all of its weights can be trained. */
async function writePlainNetwork(): Promise<string> {
  const rows = (name: string, width: number) => ({ name, shape: ["N", width], dataType: "float32" }) as const;
  const graph = {
    name: "plain",
    nodes: [makeNode("MatMul", ["rows", "a"], "hidden"), makeNode("MatMul", ["hidden", "b"], "scores")],
    initializers: [makeTensor("a", [6, 5]), makeTensor("b", [5, 4])],
    inputs: [rows("rows", 6)],
    outputs: [rows("scores", 4)],
  };
  const path = join(await makeFolder({}), "plain.onnx");
  await writeFile(path, encodeModel(createOnnxModel(graph)));
  return path;
}

describe("a network from an ONNX file", () => {
  let [path, run, outs] = ["", "", ""];

  const train = async (model: string, out: string, ...words: string[]) => {
    const options = ["--model", model, "--batch-size", "8", "--workers", "0", "--out", out, ...words];
    return captureCli(["train", "--benchmark", await makeRows(), ...options, "--quiet"]);
  };
  const type = (...words: string[]) => captureCli(["export", ...words]);

  beforeAll(async () => {
    path = await writeRowNetwork({ hidden: 20 });
    outs = await makeFolder({});
    run = join(await makeFolder({}), "run");
    const { status, stderr } = await train(`onnx:path=${path},trainable=norm.*`, run, "--export", "original=true");
    if (status !== 0) throw new Error(stderr);
  });

  test("leaves as it came after each experience, by train --export original=true", async () => {
    const source = decodeModel(await readFile(path));
    const first = decodeModel(await readFile(join(run, "export/experience-000.onnx")));
    expect(first.graph.inputs).toEqual(source.graph.inputs);
    expect(first.graph.outputs).toEqual(source.graph.outputs);
    // All but the last product, in whose place the new classifier stands.
    expect(first.graph.nodes.slice(0, 5)).toEqual(source.graph.nodes.slice(0, 5));
    expect(first.graph.nodes.length).toBe(6);
    const find = ({ graph }: typeof source, name: string) => graph.initializers.find((tensor) => tensor.name === name);
    expect(find(first, "narrow.weight")).toEqual(find(source, "narrow.weight"));
    expect(find(first, "norm.weight")?.bytes).not.toEqual(find(source, "norm.weight")?.bytes);
    expect(first.metadata["firn.class_names"]).toBe('["0","1","2","3"]');
  });

  test("leaves as it came from the newest checkpoint, by export --original", async () => {
    const out = join(outs, "again.onnx");
    const { status, stdout, stderr } = await type(run, "--out", out, "--original", "--json", "--experience", "1");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(JSON.parse(stdout).maxAbsoluteDifference).toBeLessThan(1e-5);
    expect(await readFile(out)).toEqual(await readFile(join(run, "export/experience-001.onnx")));
    const evaluated = await captureCli(["evaluate", "--model", out, "--benchmark", await makeRows()]);
    expect(evaluated.stderr).toContain("left as its network came, for other programs: give the run's own file");
    expect((await type(out, "--out", join(outs, "b.onnx"))).stderr).toContain("was converted before (firn.original)");
  });

  test("is served by its own names, from the run's folder of such files", async () => {
    await using serving = await serve({ models: [{ path: join(run, "export"), name: "rows" }] });
    const { inputs, outputs } = await (await fetch(`${serving.url}/v2/models/rows`)).json();
    expect([inputs[0].name, outputs[0].name]).toEqual(["rows", "scores"]);
    const { predictions, version } = await connect(serving.url).infer([[1, 0, 0, 0.5, 0, -1]]);
    expect([version, predictions[0]?.logits.length]).toEqual(["1", 4]);
  });

  test("is refused where it cannot", async () => {
    const out = join(outs, "none.onnx");
    const refuse = async (...words: string[]) => {
      const { status, stderr } = await type(run, "--out", out, "--original", ...words);
      expect(status).toBe(2);
      return stderr;
    };
    expect(await refuse("--experience", "0")).toContain("holds the model after experience 1, not 0");
    expect(await refuse("--softmax", "--opset", "18")).toBe("--original excludes --softmax and --opset\n");
    expect(await readdir(outs)).not.toContain("none.onnx");
    const other = join(await makeFolder({}), "other");
    const shared = ["--export", "original=true"];
    const { status, stderr } = await train("mlp:hiddenSize=4", other, ...shared);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^export: "simple_mlp" cannot leave as it came: it is no network from an ONNX file/);
    // What pack-net's parameters are by task is known after training; that they are is known before.
    const plain = await writePlainNetwork();
    const benchmark = `${await makeRows()},taskLabels=true`;
    const words = ["--strategy", "pack-net:pruneProportion=0.5,postPruneEpochs=1", "--epochs", "2", "--workers", "0"];
    const byTask = await captureCli([
      "train",
      "--benchmark",
      benchmark,
      "--model",
      `onnx:path=${plain}`,
      "--out",
      other,
      ...words,
      ...shared,
    ]);
    expect(byTask.stderr).toContain("cannot leave as it came: its parameters differ from task to task");
    const both = await train(`onnx:path=${path}`, other, "--export", "original=true,softmax=true");
    expect(both.stderr).toContain("export: original=true excludes softmax");
    expect(existsSync(other)).toBe(false);
  });
});
