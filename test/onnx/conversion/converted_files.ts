import * as tf from "@tensorflow/tfjs";
import { InferenceSession } from "onnxruntime-node";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { createFeeds, type ExportBatch } from "../../../src/onnx/export/export_session.ts";
import type { PredictionHead } from "../../../src/onnx/export/prediction_head.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";
import { drawVectors, takeApart } from "../../engine/engine_fixtures.ts";

/** A model of images as an exported file, and samples for it. */
export interface ConvertedFixture {
  readonly bytes: Uint8Array;
  readonly batch: ExportBatch;
}

/** Draws weights for a model and exports it, with `rows` samples of N(0, 1). The model is disposed. */
export function exportDrawn(
  model: tf.LayersModel,
  {
    sampleShape,
    rows,
    seed,
    heads = [],
  }: {
    readonly sampleShape: readonly number[];
    readonly rows: number;
    readonly seed: number;
    readonly heads?: readonly PredictionHead[];
  },
): ConvertedFixture {
  const spec = parseTopology(takeApart(model).topology);
  const vectors = drawVectors({ layout: spec.layout, stateLayout: spec.stateLayout }, seed);
  const metadata = { "firn.normalization": JSON.stringify({ scale: 1 / 255, mean: [0.4, 0.5], std: [0.2, 0.25] }) };
  const stream = new RandomStream(seed, "converted-files");
  const shape = [rows, ...sampleShape];
  const length = shape.reduce((product, axis) => product * axis, 1);
  const data = Float32Array.from({ length }, () => stream.normal());
  return { bytes: exportModel({ spec, ...vectors, heads, metadata }), batch: { data, shape } };
}

/** A network of images [8, 8, 2] with convolutions, normalisation and a classifier: 5 classes. */
export function createImageNetwork(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ name: "stem", filters: 6, kernelSize: 3, padding: "same", inputShape: [8, 8, 2] }),
      tf.layers.batchNormalization({ name: "norm" }),
      tf.layers.reLU({ name: "active" }),
      tf.layers.maxPooling2d({ name: "pool", poolSize: 2 }),
      tf.layers.conv2d({ name: "body", filters: 8, kernelSize: 3, activation: "relu", useBias: false }),
      tf.layers.flatten({ name: "flat" }),
      tf.layers.dense({ name: "classifier", units: 5 }),
    ],
  });
}

/** All outputs of a file, by name. */
export async function runFile(bytes: Uint8Array, batch: ExportBatch): Promise<Readonly<Record<string, Float32Array>>> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const results = await session.run(createFeeds(session, batch));
    return Object.fromEntries(
      Object.entries(results).map(([name, { data }]) => {
        if (data instanceof Float32Array) return [name, data];
        throw new TypeError(`Wanted "${name}" to be of float32`);
      }),
    );
  } finally {
    await session.release();
  }
}

/** The largest difference of two outputs, divided by the largest value if that is above 1. */
export function measureDifference(a: Float32Array = new Float32Array(0), b: Float32Array = a): number {
  if (a.length !== b.length || a.length === 0) return Number.NaN;
  const largest = a.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN))), 0) / largest;
}
