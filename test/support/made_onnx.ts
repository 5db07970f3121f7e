import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { encodeModel } from "../../src/onnx/file/encode_model.ts";
import {
  type Attributes,
  createOnnxModel,
  int,
  type OnnxNode,
  type OnnxTensor,
} from "../../src/onnx/file/onnx_model.ts";
import { makeNpy } from "./made_files.ts";
import { makeFolder } from "./made_idx.ts";

/** A node that is called as what it gives. */
export function makeNode(op: string, inputs: readonly string[], output: string, attributes: Attributes = {}): OnnxNode {
  return { op, name: `node_${output}`, inputs, outputs: [output], attributes };
}

/** Numbers between −1 and 1 that are no round ones. */
export function makeTensor(name: string, shape: readonly number[], offset = 0): OnnxTensor {
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, (_, i) => Math.sin(1 + offset + i * 0.7));
  return { name, shape, dataType: "float32", bytes: new Uint8Array(values.buffer) };
}

/** What BatchNormalization takes: scale, bias, mean and a variance, which is positive. */
function makeNorm(name: string, channels: number): readonly OnnxTensor[] {
  const variance = Float32Array.from({ length: channels }, (_, i) => 1 + (i % 3) / 2);
  const bytes = new Uint8Array(variance.buffer);
  return [
    makeTensor(`${name}.weight`, [channels], 1),
    makeTensor(`${name}.bias`, [channels], 2),
    makeTensor(`${name}.running_mean`, [channels], 3),
    { name: `${name}.running_var`, shape: [channels], dataType: "float32", bytes },
  ];
}

/**
 * Writes a network of rows, 6 to `hidden` to 16 to 4: the first two layers have most of the weights, a norm stands
 * before the classifier.
 * @returns The file's path.
 */
export async function writeRowNetwork({ hidden = 2000 }: { readonly hidden?: number } = {}): Promise<string> {
  const rows = (name: string, width: number) => ({ name, shape: ["N", width], dataType: "float32" }) as const;
  const scaled = (tensor: OnnxTensor, factor: number): OnnxTensor => {
    const values = new Float32Array(tensor.bytes.slice().buffer).map((value) => value * factor);
    return { ...tensor, bytes: new Uint8Array(values.buffer) };
  };
  const graph = {
    name: "rows",
    nodes: [
      makeNode("Gemm", ["rows", "wide.weight", "wide.bias"], "wide", { transB: int(1) }),
      makeNode("Relu", ["wide"], "wide_relu"),
      makeNode("Gemm", ["wide_relu", "narrow.weight", "narrow.bias"], "narrow", { transB: int(1) }),
      makeNode(
        "BatchNormalization",
        ["narrow", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"],
        "norm",
      ),
      makeNode("Relu", ["norm"], "norm_relu"),
      makeNode("Gemm", ["norm_relu", "fc.weight", "fc.bias"], "scores", { transB: int(1) }),
    ],
    initializers: [
      makeTensor("wide.weight", [hidden, 6]),
      makeTensor("wide.bias", [hidden]),
      scaled(makeTensor("narrow.weight", [16, hidden]), 4 / Math.sqrt(hidden)),
      makeTensor("narrow.bias", [16]),
      ...makeNorm("norm", 16),
      makeTensor("fc.weight", [4, 16]),
      makeTensor("fc.bias", [4]),
    ],
    inputs: [rows("rows", 6)],
    outputs: [rows("scores", 4)],
  };
  const path = join(await makeFolder({}), "rows.onnx");
  await writeFile(path, encodeModel(createOnnxModel(graph)));
  return path;
}

const [ROWS, WIDTH] = [48, 6];

/**
 * Writes rows of four classes, two in each of two experiences, as such a network takes them.
 * @returns What names them on the command line.
 */
export async function makeRows(): Promise<string> {
  const labels = Array.from({ length: ROWS }, (_, row) => row % 4);
  const x = Float32Array.from({ length: ROWS * WIDTH }, (_, i) => {
    const row = Math.floor(i / WIDTH);
    return Math.sin((i % WIDTH) * ((row % 4) + 1)) + 0.3 * Math.cos(i);
  });
  const data = await makeFolder({
    "x.npy": makeNpy(x, { shape: [ROWS, WIDTH] }),
    "y.npy": makeNpy(labels, { descr: "<i8" }),
  });
  return `directory:path=${data},experiences=2,testSize=0.25`;
}
