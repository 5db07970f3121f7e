import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { flattenWeights } from "../../../src/models/model_snapshot.ts";
import { cutUpperPart } from "../../../src/onnx/topology/cut_upper_part.ts";
import { findFrozenPart } from "../../../src/onnx/topology/find_frozen_part.ts";
import { parseTopology, passesMask } from "../../../src/onnx/topology/parse_topology.ts";
import { applyTo } from "../../engine/engine_fixtures.ts";
import { createLayer, createSequential } from "../topologies.ts";

const { layers } = tf;
const head = [createLayer("Flatten", "flatten"), createLayer("Dense", "head", { units: 3 })];
const table = createLayer("Embedding", "table", { input_dim: 3, output_dim: 2, mask_zero: true });
const memory = createLayer("GRU", "memory", { units: 2, return_sequences: true });
const words = (...behind: object[]) => createSequential([5], [table, ...behind, ...head]);

/** What the ends of branches are joined by: one of a masked sequence, one without a mask. */
function join(merge: tf.layers.Layer) {
  const input = tf.input({ shape: [5, 2] });
  const seen = applyTo(layers.masking({ maskValue: 0 }), input);
  const plain = applyTo(layers.conv1d({ filters: 2, kernelSize: 1 }), seen);
  const joined = applyTo(layers.flatten(), applyTo(merge, [seen, plain]));
  const model = tf.model({ inputs: input, outputs: applyTo(layers.dense({ units: 3 }), joined) });
  return () => parseTopology(flattenWeights(model).topology);
}

describe("a mask", () => {
  test("goes along with layers that do the same at every time, and ends where times are lost", () => {
    const topology = words(
      memory,
      createLayer("Dense", "dense", { units: 2 }),
      createLayer("Conv1D", "window", {
        filters: 2,
        kernel_size: [2],
      }),
    );
    for (const name of ["table", "memory", "dense"])
      expect({ name, is: passesMask(topology, name) }).toEqual({ name, is: true });
    for (const name of ["window", "flatten", "head"])
      expect({ name, is: passesMask(topology, name) }).toEqual({ name, is: false });
  });

  test("is refused where Keras's versions differ in what becomes of it", () => {
    expect(join(layers.add())).toThrow(/the merge layer needs inputs with the same mask, or none/);
    expect(join(layers.concatenate({ axis: 1 }))).toThrow(/Concatenate along the times needs a mask with each/);
    expect(join(layers.concatenate())).not.toThrow();
  });

  test("keeps a model from being cut where it would be lost", () => {
    const topology = words(memory);
    expect(() => cutUpperPart(topology, { layerName: "table", sampleShape: [5, 2] })).toThrow(
      'made needs a layer without masked times, got "table"',
    );
    expect(() => cutUpperPart(topology, { layerName: "flatten", sampleShape: [10] })).not.toThrow();
    const frozen = createLayer("Embedding", "table", {
      input_dim: 3,
      output_dim: 2,
      mask_zero: true,
      trainable: false,
    });
    const whole = createSequential([5], [frozen, memory, ...head]);
    expect(findFrozenPart(parseTopology(whole), whole)).toBeUndefined();
    const unmasked = createSequential(
      [5],
      [createLayer("Embedding", "table", { ...frozen.config, mask_zero: false }), memory, ...head],
    );
    expect(findFrozenPart(parseTopology(unmasked), unmasked)?.layerName).toBe("table");
  });
});
