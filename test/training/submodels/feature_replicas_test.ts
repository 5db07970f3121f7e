import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { findEntry } from "../../../src/core/parameter_layout.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { findFeatureReplicas } from "../../../src/training/submodels/find_feature_replicas.ts";
import { findRun, type WholeVectors } from "../../../src/training/submodels/submodel_replicas.ts";
import { measureDifference } from "../../methods/shared/slow_losses.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const samples = makeBenchmark().testStream.at(0).dataset;
/** What the finite differences of features are taken over. */
const STEP = 1 / 256;

/** Two ways from the samples, side by side, of as many layers: the parameters of either stand between the other's. */
function createModel(): tf.LayersModel {
  const input = tf.input({ shape: [6] });
  const aside = ["first", "second", "third"].reduce<unknown>(
    (values, name) => tf.layers.dense({ units: 3, name }).apply(values as tf.SymbolicTensor),
    input,
  );
  const norm = tf.layers.batchNormalization({ name: "norm" }).apply(input);
  const bent = tf.layers.activation({ activation: "tanh", name: "bent" }).apply(norm);
  const above = tf.layers.dense({ units: 5, activation: "tanh", name: "above" }).apply(bent);
  const joined = tf.layers.concatenate().apply([aside, above] as tf.SymbolicTensor[]);
  const outputs = tf.layers.dense({ units: 4, name: "head" }).apply(joined) as tf.SymbolicTensor;
  return tf.model({ inputs: input, outputs });
}

/** Numbers in place of those that are there: from 0.5 to 1.5 where they may be variances. */
function fill(values: Float32Array, random: RandomStream): Float32Array {
  return values.map(() => 0.5 + random.uniform());
}

function copyOf({ parameters, state }: WholeVectors): WholeVectors {
  return { parameters: parameters.slice(), state: state.slice() };
}

describe("FeatureReplicas", () => {
  for (const [layer, isRun] of [
    ["bent", true],
    ["above", false],
  ] as const) {
    test(`compute with the vectors as they are, when the part's own are ${isRun ? "one run" : "no run"}`, async () => {
      const random = new RandomStream(1, layer);
      const options = makeOptions({ model: createModel(), cluster: { workers: 0, engine: "onnxruntime" } });
      await withStrategy(new Naive(options), async (strategy) => {
        await strategy.start();
        const { cluster } = strategy;
        const replicas = await findFeatureReplicas(strategy, layer);
        const { layout } = cluster.model;
        const names = layer === "bent" ? ["norm"] : ["norm", "above"];
        const entries = layout.entries.filter(({ name }) => names.some((own) => name.startsWith(`${own}/`)));
        // What stands before them, and between them.
        expect(findEntry(layout, entries[0]?.name ?? "").offset).toBeGreaterThan(0);
        let offset = 0;
        const part = entries.map((entry) => {
          offset += entry.size;
          return { ...entry, offset: offset - entry.size };
        });
        expect(findRun({ size: offset, entries: part }, layout) !== undefined).toBe(isRun);

        let [old, oldFeatures]: [WholeVectors | undefined, number[]] = [undefined, []];
        for (const _round of [0, 1, 2]) {
          cluster.parameters.set(fill(cluster.parameters, random));
          cluster.state.set(fill(cluster.state, random));
          const live = copyOf(cluster);
          const { data, shape } = await replicas.forward(live, samples);
          const dFeatures = Float32Array.from({ length: data.length }, () => random.uniform() - 0.5);
          // With the vectors of the round before, which were given once already.
          if (old) expect([...(await replicas.forwardFixed(old, samples)).data]).toEqual(oldFeatures);
          const gradient = new Float32Array(layout.size).fill(1);
          await replicas.addGradient(samples, { dFeatures, gradient });
          const measure = async (at: number, change: number) => {
            const moved = copyOf(live);
            moved.parameters[at] = (moved.parameters[at] ?? 0) + change;
            const { data: features } = await replicas.forward(moved, samples);
            return features.reduce((sum, value, i) => sum + value * (dFeatures[i] ?? 0), 0);
          };
          const wanted = new Float32Array(layout.size).fill(1);
          for (const { offset: start, size } of entries) {
            for (let at = start; at < start + size; at++) {
              wanted[at] = 1 + ((await measure(at, STEP)) - (await measure(at, -STEP))) / (2 * STEP);
            }
          }
          expect(measureDifference(gradient, Array.from(wanted))).toBeLessThan(1e-3);

          const fixed = await replicas.forwardFixed(live, samples);
          expect(fixed.shape).toEqual(shape);
          expect([...fixed.data]).toEqual([...data]);
          [old, oldFeatures] = [live, [...data]];
        }
      });
    });
  }
});
