import { sampleShapeOf } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import { type ActivationSpec, applyActivation, readActivation } from "./activation.ts";
import type { LayerCall } from "./layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "./layer_definition.ts";
import { passMask } from "./masking.ts";
import { readAxes, readAxis, readNumber } from "./read_setting.ts";

/** An activation without parameters that stands alone. */
export interface FixedActivationSpec extends LayerCall {
  readonly kind: "activation";
  readonly activation: ActivationSpec;
}

/** max(x, 0) + alpha · min(x, 0), where `${layer}/alpha` has the samples' shape, but 1 along `sharedAxes`. */
interface LearnedReluSpec extends LayerCall {
  readonly kind: "learnedRelu";
  readonly layer: string;
  /** Counted with the batch as axis 0. */
  readonly sharedAxes: readonly number[];
}

/** An activation that is a layer of its own. */
export type ActivationLayerSpec = FixedActivationSpec | LearnedReluSpec;

/** Activations that are layers of their own. */
export const activationLayers = {
  activation: {
    parameters: noParameters,
    convert: ({ activation }, [x = ""], { graph }) => applyActivation(activation, x, graph),
    dependsOnMode: never,
    mask: passMask,
  },
  /**
   * A rectifier whose slope below 0 is learned, max(x, 0) + alpha · min(x, 0): PRelu-16.
   * @see He et al. 2015, Delving Deep into Rectifiers, arXiv:1502.01852
   */
  learnedRelu: {
    /** alpha of the samples' shape, 1 along the shared axes. */
    parameters({ layer, sharedAxes }, [input = []]) {
      const shape = sampleShapeOf(input).map((length, i) => (sharedAxes.includes(i + 1) ? 1 : length));
      return [{ name: `${layer}/alpha`, shape, isTrainable: true }];
    },
    convert: ({ layer }, [x = ""], { graph }) => graph.node("PRelu", [x, graph.parameter(`${layer}/alpha`)]),
    dependsOnMode: never,
    mask: passMask,
  },
} satisfies LayerFamily<ActivationLayerSpec>;

/** Their classes in TF.js. */
export const activationClasses = {
  Activation: (layer, call) => ({ ...call, kind: "activation", activation: readActivation(layer) }),
  ReLU: (layer, call) => ({ ...call, kind: "activation", activation: readRelu(layer) }),
  LeakyReLU: (layer, call) => ({
    ...call,
    kind: "activation",
    activation: { kind: "leakyRelu", alpha: readNumber(layer, "alpha", { fallback: 0.3 }) },
  }),
  ELU: (layer, call) => ({
    ...call,
    kind: "activation",
    activation: { kind: "elu", alpha: readNumber(layer, "alpha", { fallback: 1 }) },
  }),
  Softmax: (layer, call) => ({
    ...call,
    kind: "activation",
    activation: { kind: "softmax", axis: readAxis(layer, "axis", -1) },
  }),
  ThresholdedReLU: (layer, call) => ({
    ...call,
    kind: "activation",
    activation: { kind: "thresholdedRelu", threshold: readNumber(layer, "theta", { fallback: 1 }) },
  }),
  PReLU: (layer, call) => ({
    ...call,
    kind: "learnedRelu",
    layer: layer.config.name,
    sharedAxes: readAxes(layer, "shared_axes", []),
  }),
} satisfies ClassFamily<ActivationLayerSpec>;

function readRelu(layer: LayerJson): ActivationSpec {
  if ((layer.config.max_value ?? null) === null) return { kind: "relu" };
  return { kind: "relu", maxValue: readNumber(layer, "max_value", {}) };
}
