import { assertOneOf, needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { assertOptions, type OptionRules } from "../../core/options/assert_options.ts";
import { flag, number, wholeNumber } from "../../core/options/value_rules.ts";
import { RandomStream } from "../../core/random_stream.ts";
import { IncrementalClassifier } from "../../engine/tfjs/layers/incremental_classifier.ts";
import { MultiHeadClassifier } from "../../engine/tfjs/layers/multi_head_classifier.ts";
import * as tf from "../../engine/tfjs/tensorflow.ts";
import { TASK_LABELS_NAME } from "../../onnx/layers/input.ts";
import { drawLikePyTorch } from "../model_initialization.ts";

const KINDS = ["incremental", "multi-head"] as const;

/** "incremental": one head, widened when classes appear. "multi-head": one a task label, each widened. */
export type GrowingKind = (typeof KINDS)[number];

/** How a growing head begins. */
export interface GrowingHeadOptions {
  /** Its width before the first experience. Default: 2. */
  readonly initialUnits?: number;
  /** Whether units whose class was not trained on answer `maskValue`. Default: true. */
  readonly masking?: boolean;
  /** Default: −1000. */
  readonly maskValue?: number;
}

/** What `GrowingHeadOptions` may be. */
const GROWING_HEAD_RULES: OptionRules<GrowingHeadOptions> = {
  initialUnits: wholeNumber(1),
  masking: flag(),
  maskValue: number(),
};

/**
 * Puts a growing head called `name` on features [N, in], multi-head with an input `task_labels` [N] of int32 beside the
 * inputs. Its weights are zero.
 */
export function addGrowingHead(
  features: tf.SymbolicTensor,
  { kind, name, ...options }: GrowingHeadOptions & { readonly kind: GrowingKind; readonly name: string },
): { readonly outputs: tf.SymbolicTensor; readonly inputs: readonly tf.SymbolicTensor[] } {
  const { initialUnits = 2, ...masking } = options;
  switch (kind) {
    case "incremental":
      return {
        outputs: callLayer(features, new IncrementalClassifier({ name, units: initialUnits, ...masking })),
        inputs: [],
      };
    case "multi-head": {
      const labels = tf.input({ shape: [], dtype: "int32", name: TASK_LABELS_NAME });
      const head = new MultiHeadClassifier({ name, headUnits: [initialUnits], ...masking });
      return { outputs: callLayer([features, labels], head), inputs: [labels] };
    }
  }
}

/** What `withGrowingHead` takes. */
export interface WithGrowingHeadOptions extends GrowingHeadOptions {
  /** Seeds the new weights. Default: 0. */
  readonly seed?: number;
  /**
   * True: the head, or that of task 0, begins with the weights of the dense layer, and as wide as it. False: it is
   * drawn anew, as PyTorch draws linear layers. Default: false.
   */
  readonly keepsWeights?: boolean;
}

/**
 * A model whose last dense layer has given way to a growing head of the same name; Avalanche's `as_multitask` where it
 * keeps the weights. All other layers go over to the new model: do not use the old one any more. The
 * caller owns the result.
 * @throws {RangeError} If the model's output is not that of a dense layer without an activation, or an option is out of
 * range.
 * @example const model = withGrowingHead(simpleCNN(), "multi-head", { seed: 1 });
 */
export function withGrowingHead(
  model: tf.LayersModel,
  kind: GrowingKind,
  options: WithGrowingHeadOptions = {},
): tf.LayersModel {
  assertOneOf("withGrowingHead", "kind", kind, KINDS);
  assertOptions("withGrowingHead", options, { ...GROWING_HEAD_RULES, seed: wholeNumber(), keepsWeights: flag() });
  const { seed = 0, keepsWeights = false, ...head } = options;
  if (keepsWeights && head.initialUnits !== undefined) {
    throw new RangeRefusal("withGrowingHead: keepsWeights excludes initialUnits: the head is as wide as the layer");
  }
  const [output, ...others] = model.outputs;
  const last = output?.sourceLayer;
  const isLinear = last?.getClassName() === "Dense" && last.getConfig().activation === "linear";
  if (!last || !isLinear || others.length > 0 || Array.isArray(last.input)) {
    const wanted = "a model that ends in a dense layer without activation";
    throw new RangeRefusal(needs(`${model.name}`, wanted, last?.getClassName()));
  }
  const initialUnits = keepsWeights ? { initialUnits: output.shape.at(-1) ?? 0 } : {};
  const { outputs, inputs } = addGrowingHead(last.input, { kind, name: last.name, ...head, ...initialUnits });
  const grown = tf.model({ name: model.name, inputs: [...model.inputs, ...inputs], outputs });
  if (keepsWeights) copyWeights(last, outputs.sourceLayer);
  else drawLikePyTorch(outputs.sourceLayer, new RandomStream(seed, "head"));
  return grown;
}

/** Copies kernel and bias of a dense layer into a head of as many units. */
function copyWeights(dense: tf.layers.Layer, head: tf.layers.Layer): void {
  for (const [i, weight] of dense.weights.entries()) {
    const own = head.weights[i];
    if (own) tf.tidy(() => void own.write(tf.reshape(weight.read(), readShape(own.shape))));
  }
}

/** The shape of a weight, which is whole. */
function readShape(shape: tf.Shape): number[] {
  return shape.map((length) => length ?? 0);
}

/** Puts a layer behind others. @throws {TypeError} If it has not one output. */
export function callLayer(inputs: tf.SymbolicTensor | tf.SymbolicTensor[], layer: tf.layers.Layer): tf.SymbolicTensor {
  const output = layer.apply(inputs);
  if (Array.isArray(output) || output instanceof tf.Tensor) {
    throw new TypeRefusal(needs(`${layer.name}`, "one symbolic output", output));
  }
  return output;
}
