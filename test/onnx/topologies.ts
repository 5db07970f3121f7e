import type { ModelTopology } from "../../src/engine/model_topology.ts";

/** A layer as tfjs writes it, with what a converter reads of it. */
export function createLayer(className: string, name: string, config: Readonly<Record<string, unknown>> = {}) {
  return { class_name: className, config: { name, trainable: true, ...config } };
}

/** A sequential model of these layers on samples of this shape. */
export function createSequential(sampleShape: readonly number[], layers: readonly object[]): ModelTopology {
  const input = createLayer("InputLayer", "input1", { batch_input_shape: [null, ...sampleShape] });
  return { class_name: "Sequential", config: { name: "made", layers: [input, ...layers] } };
}

/** [5] → 6 relu → dropout 0.5 → 3. */
export function createMlpTopology(): ModelTopology {
  return createSequential(
    [5],
    [
      createLayer("Dense", "fc0", { units: 6, activation: "relu", use_bias: true }),
      createLayer("Dropout", "dropout0", { rate: 0.5 }),
      createLayer("Dense", "classifier", { units: 3, activation: "linear", use_bias: true }),
    ],
  );
}

/** Images [4, 3, 2] → flatten → 3. */
export function createImageTopology(): ModelTopology {
  return createSequential(
    [4, 3, 2],
    [createLayer("Flatten", "flatten"), createLayer("Dense", "classifier", { units: 3, activation: "linear" })],
  );
}
