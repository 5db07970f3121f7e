import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { createTfjsEngine } from "../../../src/engine/tfjs/tfjs_engine.ts";
import { computeGradient, takeApart } from "../engine_fixtures.ts";

/** One row, so that a logit's gradient is that of its bias. */
async function differentiate(logits: readonly number[], kind: "cross-entropy" | "mse"): Promise<Float32Array> {
  const layer = tf.layers.dense({ name: "out", inputShape: [1], units: logits.length, useBias: true });
  const engine = await createTfjsEngine({ topology: takeApart(tf.sequential({ layers: [layer] })).topology });
  const bias = engine.layout.entries.find(({ name }) => name === "out/bias");
  if (!bias) throw new Error("there is no bias");
  const parameters = new Float32Array(engine.layout.size);
  parameters.set(logits, bias.offset);
  const input = {
    x: { data: Float32Array.of(0), shape: [1, 1] },
    taskLabels: new Int32Array(1),
    mode: "train",
    dropoutKey: { seed: 0, step: 0, shard: 0 },
  } as const;
  const targets = Float32Array.from(logits, (_, i) => (i === 0 ? 1 : 0));
  const objective = { kind, targets, weights: Float32Array.of(1) } as const;
  const { gradient } = await computeGradient(engine, { parameters, state: new Float32Array(0) }, input, objective);
  await engine.close();
  return gradient.slice(bias.offset, bias.offset + bias.size);
}

describe("the engine tfjs", () => {
  test("has no subnormal gradient of a softmax that is sure, and the others as they are", async () => {
    // e⁻⁹⁵ is subnormal, e⁻⁸⁰ is below 2⁻¹⁰⁰, and e⁻⁶⁰ is not.
    const [first = 0, subnormal, tiny, small = 0, ordinary = 0] = await differentiate(
      [0, -95, -80, -60, -1],
      "cross-entropy",
    );
    expect([Math.abs(subnormal ?? 1), Math.abs(tiny ?? 1)]).toEqual([0, 0]);
    const sum = 1 + Math.exp(-60) + Math.exp(-1);
    expect(Math.abs(small / (Math.exp(-60) / sum) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(ordinary - Math.exp(-1) / sum)).toBeLessThan(1e-6);
    expect(Math.abs(first - (1 / sum - 1))).toBeLessThan(1e-6);
  });

  test("keeps NaN and infinite gradients, which tell that training has failed", async () => {
    expect([...(await differentiate([Number.NaN, 1], "mse"))].map(Number.isNaN)).toEqual([true, false]);
    expect(await differentiate([3e38, -3e38], "mse")).toEqual(Float32Array.of(Infinity, -Infinity));
  });
});
