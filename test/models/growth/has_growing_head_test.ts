import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { listGrowingHeads } from "../../../src/models/growth/growing_head.ts";
import { hasGrowingHead } from "../../../src/models/growth/has_growing_head.ts";
import { pnn } from "../../../src/models/pnn.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { takeTopology } from "../../../src/models/take_topology.ts";

const SMALL = { inputShape: [3], hiddenSize: 4 } as const;

/** A dense layer, then the model as a layer. */
function nest(inner: tf.LayersModel): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 3 }), inner] });
}

describe("hasGrowingHead()", () => {
  const models: Readonly<Record<string, () => tf.LayersModel>> = {
    "a plain head": () => simpleMLP(SMALL),
    "an incremental head": () => simpleMLP({ ...SMALL, incremental: true }),
    "a head a task": () => simpleMLP({ ...SMALL, multiHead: true }),
    "columns that grow": () => pnn(SMALL),
    "a plain head within it": () => nest(simpleMLP(SMALL)),
    "an incremental head within it": () => nest(simpleMLP({ ...SMALL, incremental: true })),
  };

  for (const [name, create] of Object.entries(models)) {
    test(`answers as the model's JSON does, when the model has ${name}`, () => {
      const model = create();
      expect(hasGrowingHead(model)).toBe(listGrowingHeads(takeTopology(model)).length > 0);
      expect(hasGrowingHead(model)).toBe(!name.startsWith("a plain"));
      model.dispose();
    });
  }

  test("answers anew, when a layer was added", () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 3 })] });
    expect(hasGrowingHead(model)).toBe(false);
    model.add(simpleMLP({ ...SMALL, incremental: true }));
    expect(hasGrowingHead(model)).toBe(true);
    model.dispose();
  });
});
