import type * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { createAddonOptions } from "../../../src/engine/onnxruntime/addon/addon_options.ts";
import { listLayers } from "../../../src/engine/tfjs/model_layers.ts";
import { encodeModel } from "../../../src/onnx/file/encode_model.ts";
import { createOnnxModel } from "../../../src/onnx/file/onnx_model.ts";
import type { Contestant } from "../interleave.ts";

/** The shape of a matrix product: [rows, inner] times [inner, columns]. */
export interface ProductShape {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** How fast onnxruntime multiplies matrices on one thread, in GFLOP/s: the rate from which floors are worked out. */
export async function openGemm({ rows, inner, columns }: ProductShape): Promise<Contestant> {
  const model = createOnnxModel({
    name: "product",
    nodes: [{ op: "MatMul", name: "product", inputs: ["a", "b"], outputs: ["c"], attributes: {} }],
    initializers: [],
    inputs: [
      { name: "a", shape: [rows, inner], dataType: "float32" },
      { name: "b", shape: [inner, columns], dataType: "float32" },
    ],
    outputs: [{ name: "c", shape: [rows, columns], dataType: "float32" }],
  });
  const options = createAddonOptions({ device: "cpu", intraOpThreads: 1 });
  const session = await InferenceSession.create(encodeModel(model), options);
  const createTensor = (height: number, width: number) =>
    new Tensor("float32", new Float32Array(height * width).fill(0.5), [height, width]);
  const feeds = { a: createTensor(rows, inner), b: createTensor(inner, columns) };
  const fetches = { c: createTensor(rows, columns) };
  const flops = 2 * rows * inner * columns;
  // About a gigaflop a measurement, so that the call's own cost does not show.
  const repetitions = Math.max(1, Math.round(1e9 / flops));
  return {
    name: `onnxruntime, product ${rows} × ${inner} × ${columns}`,
    async measure() {
      const began = performance.now();
      for (let i = 0; i < repetitions; i++) await session.run(feeds, fetches);
      return (repetitions * flops) / (performance.now() - began) / 1e6;
    },
    close: () => session.release(),
  };
}

/**
 * Floating-point operations of one training step on `batchSize` samples: every dense and convolutional layer's products
 * forward, for the kernel's gradient, and (but for the first layer) for the input's. Everything else is left out.
 */
export function countStepFlops(model: tf.LayersModel, batchSize: number): number {
  let total = 0;
  let passes = 2;
  for (const layer of listLayers(model)) {
    if (!["Dense", "Conv1D", "Conv2D"].includes(layer.getClassName())) continue;
    const kernelSize = (layer.weights[0]?.read().shape ?? []).reduce((product, length) => product * length, 1);
    const outputShape = layer.outputShape.slice(1, -1);
    const positions = outputShape.reduce<number>((product, length) => product * (Number(length) || 1), 1);
    total += passes * 2 * kernelSize * positions * batchSize;
    passes = 3;
  }
  return total;
}
