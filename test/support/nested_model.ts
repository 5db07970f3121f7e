import * as tf from "@tensorflow/tfjs";

/** How a model holds another. */
export const NESTINGS = [
  "begins a sequential model",
  "follows in a sequential model",
  "is in a functional model",
] as const;

/** A model [6] → "trunk", a model of its own [3] → "head" [4]; what the trunk gives is what its layer "top" gives. */
export function createNestedModel(nesting: (typeof NESTINGS)[number]): tf.LayersModel {
  const draw = (seed: number) => tf.initializers.glorotUniform({ seed });
  const trunk = tf.sequential({
    name: "trunk",
    layers: [
      tf.layers.dense({ name: "bottom", units: 5, inputShape: [6], activation: "tanh", kernelInitializer: draw(1) }),
      tf.layers.dense({ name: "top", units: 3, activation: "tanh", kernelInitializer: draw(2) }),
    ],
  });
  const head = tf.layers.dense({ name: "head", units: 4, kernelInitializer: draw(3) });
  switch (nesting) {
    case "begins a sequential model":
      return tf.sequential({ layers: [trunk, head] });
    case "follows in a sequential model":
      return tf.sequential({ layers: [tf.layers.reLU({ inputShape: [6] }), trunk, head] });
    case "is in a functional model": {
      const input = tf.input({ shape: [6] });
      const [output] = [head.apply(trunk.apply(input))].flat();
      if (!(output instanceof tf.SymbolicTensor)) throw new TypeError("Not a symbolic tensor");
      return tf.model({ inputs: input, outputs: output });
    }
  }
}
