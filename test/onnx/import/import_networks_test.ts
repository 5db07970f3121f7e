import { describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { findEntry, viewEntry } from "../../../src/core/parameter_layout.ts";
import { createOnnxruntimeEngine } from "../../../src/engine/onnxruntime/onnxruntime_engine.ts";
import { ImportedNetwork } from "../../../src/engine/tfjs/layers/imported_network.ts";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { restoreOrder } from "../../../src/onnx/import/weight_order.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { KEY } from "../../engine/engine_fixtures.ts";
import { makeImages } from "./made_images.ts";

/** What scripts/peers/onnx_networks.py has recorded of PyTorch. */
const measuresSchema = z.record(z.string(), z.tuple([z.number(), z.number()]));
const stepSchema = z.object({ logits: z.array(z.number()), gradients: measuresSchema });
const recorded = z
  .object({
    networks: z.record(
      z.string(),
      stepSchema.extend({
        side: z.number(),
        /** In training mode, for networks with BatchNormalization; and their running statistics after the step. */
        training: stepSchema.extend({ statistics: measuresSchema }).optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("networks/networks.json", import.meta.url), "utf8")));

const CLASSES = 5;

interface Run {
  readonly side: number;
  readonly rows: number;
  readonly mode: "train" | "eval";
}

/** Logits, the gradient of the mean cross-entropy and the new state, as the script has computed them. */
async function computeNetwork(file: string, { side, rows, mode }: Run) {
  const path = new URL(`networks/${file}`, import.meta.url).pathname;
  const model = onnxModel({ path, head: "keep", layout: "nchw", inputShape: [side, side, 3] });
  const { topology, parameters, state } = flattenWeights(model);
  const layer = model.getLayer("network");
  const weights = layer instanceof ImportedNetwork ? layer.network.weights : [];
  model.dispose();
  const engine = await createOnnxruntimeEngine({ spec: parseTopology(topology) });
  const targets = new Float32Array(rows * CLASSES);
  for (let row = 0; row < rows; row++) targets[row * CLASSES + ((3 * row + 1) % CLASSES)] = 1;
  const results = {
    outputs: new Float32Array(rows * CLASSES),
    losses: new Float32Array(rows),
    gradient: new Float32Array(engine.layout.size),
  };
  const x = { data: makeImages(rows, side), shape: [rows, side, side, 3] };
  await engine.gradient(
    { parameters, state },
    { x, taskLabels: new Int32Array(rows), mode, dropoutKey: KEY },
    { kind: "cross-entropy", targets, weights: new Float32Array(rows).fill(1 / rows) },
    results,
  );
  await engine.close();
  /** Of a weight, as the file has it. */
  const viewGradient = (name: string) => {
    const entry = findEntry(engine.layout, `network/${name}`);
    const order = weights.find((weight) => weight.name === name)?.order;
    const values = viewEntry(results.gradient, entry);
    return order ? restoreOrder(values, entry.shape, order) : values;
  };
  return { outputs: results.outputs, viewGradient, state, stateLayout: engine.stateLayout };
}

/** |g| and Σ gᵢ cos(i + 1). */
function measure(gradient: Float32Array): [number, number] {
  return gradient.reduce<[number, number]>(
    ([squares, projection], value, i) => [squares + value * value, projection + value * Math.cos(i + 1)],
    [0, 0],
  );
}

/** Each value is as near as float32 lets it be: one whose terms cancel each other as exact as the largest of all. */
function expectMeasures(
  measures: Readonly<Record<string, readonly [number, number]>>,
  view: (name: string) => Float32Array,
): void {
  const largest = Math.max(...Object.values(measures).map(([norm]) => norm));
  for (const [name, [norm, projection]] of Object.entries(measures)) {
    const [squares, ours] = measure(view(name));
    const tolerance = 2e-5 * norm + 1e-6 * largest;
    const [isLong, isProjected] = [Math.abs(Math.sqrt(squares) - norm), Math.abs(ours - projection)].map(
      (difference) => difference < tolerance,
    );
    expect({ name, isLong, isProjected }).toEqual({ name, isLong: true, isProjected: true });
  }
}

function expectLogits(outputs: Float32Array, logits: readonly number[]): void {
  for (const [i, logit] of logits.entries()) {
    expect(Math.abs((outputs[i] ?? Number.NaN) - logit)).toBeLessThan(1e-5 * Math.max(1, Math.abs(logit)));
  }
}

/**
 * The legacy exporter writes all weights as PyTorch has them. The other one folds norms into convolutions and turns
 * matrices: their weights are others, and so are their gradients.
 */
describe("onnxModel() computes what PyTorch computes,", () => {
  for (const [name, { side, logits, gradients, training }] of Object.entries(recorded.networks)) {
    const rows = logits.length / CLASSES;
    for (const exporter of ["legacy", "dynamo"] as const) {
      test(`when a ${name} comes from the ${exporter} exporter`, async () => {
        const results = await computeNetwork(`${name}.${exporter}.onnx`, { side, rows, mode: "eval" });
        expectLogits(results.outputs, logits);
        if (exporter === "dynamo") return;
        expectMeasures(gradients, results.viewGradient);
      });
    }
    if (!training) continue;
    test(`when the norms of a ${name} go by the batch, and move their statistics`, async () => {
      const results = await computeNetwork(`${name}.legacy.onnx`, { side, rows, mode: "train" });
      expectLogits(results.outputs, training.logits);
      const { state, stateLayout } = results;
      expectMeasures(training.gradients, results.viewGradient);
      expectMeasures(training.statistics, (entry) => viewEntry(state, findEntry(stateLayout, `network/${entry}`)));
    });
  }
});
