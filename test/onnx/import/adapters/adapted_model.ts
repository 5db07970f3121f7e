import type * as tf from "@tensorflow/tfjs";
import { findEntry, viewEntry } from "../../../../src/core/parameter_layout.ts";
import { createOnnxruntimeEngine } from "../../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { flattenWeights } from "../../../../src/models/model_snapshot.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { KEY } from "../../../engine/engine_fixtures.ts";

/** Values at places i + 1, as scripts/peers/lora_torch.py makes them. */
export const FORMULAS = {
  lora_A: (i: number) => 0.4 * Math.sin(i + 1),
  lora_B: (i: number) => 0.4 * Math.cos(i + 1),
};

/** A model's description and vectors. The model is disposed of. */
export function takeApart(model: tf.LayersModel) {
  const { topology, parameters, state } = flattenWeights(model);
  model.dispose();
  return { spec: parseTopology(topology), topology, parameters, state };
}

/** Gives all A, or all B, the values of the formula. */
export function fillAdapters(
  { spec, parameters }: Pick<ReturnType<typeof takeApart>, "spec" | "parameters">,
  ...kinds: readonly (keyof typeof FORMULAS)[]
): void {
  for (const kind of kinds) {
    for (const entry of spec.layout.entries) {
      if (!entry.name.endsWith(kind)) continue;
      const values = viewEntry(parameters, entry);
      for (let i = 0; i < entry.size; i++) values[i] = FORMULAS[kind](i);
    }
  }
}

/** The label of each row of five classes. */
export function makeLabels(rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => (3 * row + 1) % 5);
}

/** Logits and the gradient of the mean cross-entropy of rows of samples, by five classes. */
export async function computeModel(
  { spec, parameters, state }: Omit<ReturnType<typeof takeApart>, "topology">,
  x: { readonly data: Float32Array; readonly shape: readonly number[] },
) {
  const engine = await createOnnxruntimeEngine({ spec });
  const [rows = 0] = x.shape;
  const targets = new Float32Array(rows * 5);
  for (const [row, label] of makeLabels(rows).entries()) targets[row * 5 + label] = 1;
  const [outputs, losses] = [new Float32Array(rows * 5), new Float32Array(rows)];
  const gradient = new Float32Array(engine.layout.size);
  await engine.gradient(
    { parameters, state },
    { x, taskLabels: new Int32Array(rows), mode: "eval", dropoutKey: KEY },
    { kind: "cross-entropy", targets, weights: new Float32Array(rows).fill(1 / rows) },
    { outputs, losses, gradient },
  );
  await engine.close();
  return { outputs, gradient, gradientOf: (name: string) => viewEntry(gradient, findEntry(spec.layout, name)) };
}

/** The mean cross-entropy of logits [rows, 5], in double precision. */
export function meanLoss(logits: Float32Array): number {
  const labels = makeLabels(logits.length / 5);
  const losses = labels.map((label, row) => {
    const own = [...logits.subarray(row * 5, row * 5 + 5)];
    return Math.log(own.reduce((sum, logit) => sum + Math.exp(logit), 0)) - (own[label] ?? Number.NaN);
  });
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

/** The largest difference of two vectors; NaN where their lengths differ. */
export function maxDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.NaN;
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0);
}
