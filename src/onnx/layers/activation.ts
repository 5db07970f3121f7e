import { float, int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { resolveAxis } from "../shape.ts";
import type { LayerJson } from "../topology/topology_schema.ts";
import { readText, UnsupportedLayerError } from "./read_setting.ts";

/** An elementwise function (softmax: along its axis), as layers name it. */
export type ActivationSpec =
  | { readonly kind: "linear" }
  /** max(x, 0), cut at `maxValue` where there is one. */
  | { readonly kind: "relu"; readonly maxValue?: number }
  | { readonly kind: "leakyRelu"; readonly alpha: number }
  /** x where x > threshold, else 0. */
  | { readonly kind: "thresholdedRelu"; readonly threshold: number }
  | { readonly kind: "elu"; readonly alpha: number }
  | { readonly kind: "selu" }
  | { readonly kind: "sigmoid" }
  | { readonly kind: "hardSigmoid" }
  | { readonly kind: "tanh" }
  | { readonly kind: "softmax"; readonly axis: number }
  | { readonly kind: "logSoftmax"; readonly axis: number }
  | { readonly kind: "softplus" }
  | { readonly kind: "softsign" }
  | { readonly kind: "swish" }
  | { readonly kind: "mish" }
  /** x Φ(x), where Φ is the standard normal distribution's. */
  | { readonly kind: "gelu" }
  /** The same with Φ approximated by a tanh. */
  | { readonly kind: "geluTanh" };

/** An activation of any shape: one operator where ONNX has it, else its definition. */
export function applyActivation(activation: ActivationSpec, x: ValueName, graph: GraphBuilder): ValueName {
  switch (activation.kind) {
    case "linear":
      return x;
    case "relu":
      return activation.maxValue === undefined
        ? graph.node("Relu", [x])
        : graph.node("Clip", [x, graph.constant(0), graph.constant(activation.maxValue)]);
    case "leakyRelu":
      return graph.node("LeakyRelu", [x], { alpha: float(activation.alpha) });
    case "thresholdedRelu":
      return graph.node("ThresholdedRelu", [x], { alpha: float(activation.threshold) });
    case "elu":
      return graph.node("Elu", [x], { alpha: float(activation.alpha) });
    case "selu":
      return graph.node("Selu", [x], { alpha: float(SELU_ALPHA), gamma: float(SELU_GAMMA) });
    case "sigmoid":
      return graph.node("Sigmoid", [x]);
    case "hardSigmoid":
      return graph.node("HardSigmoid", [x], { alpha: float(0.2), beta: float(0.5) });
    case "tanh":
      return graph.node("Tanh", [x]);
    case "softmax":
      return graph.node("Softmax", [x], { axis: int(resolveAxis(activation.axis, graph.shapeOf(x).length)) });
    case "logSoftmax":
      return graph.node("LogSoftmax", [x], { axis: int(resolveAxis(activation.axis, graph.shapeOf(x).length)) });
    case "softplus":
      return graph.node("Softplus", [x]);
    case "softsign":
      return graph.node("Softsign", [x]);
    case "swish":
      return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
    case "mish":
      return graph.node("Mul", [x, graph.node("Tanh", [graph.node("Softplus", [x])])]);
    case "gelu":
      return applyGelu(x, graph);
    case "geluTanh":
      return applyGeluTanh(x, graph);
  }
}

/** SELU's α and γ. Klambauer et al. 2017, Self-Normalizing Neural Networks, arXiv:1706.02515 */
const SELU_ALPHA = 1.6732632423543772;
const SELU_GAMMA = 1.0507009873554805;

/** x/2 · (1 + erf(x/√2)). Hendrycks and Gimpel 2016, Gaussian Error Linear Units, arXiv:1606.08415 */
function applyGelu(x: ValueName, graph: GraphBuilder): ValueName {
  const erf = graph.node("Erf", [graph.node("Mul", [x, graph.constant(Math.SQRT1_2)])]);
  const gate = graph.node("Add", [erf, graph.constant(1)]);
  return graph.node("Mul", [graph.node("Mul", [x, graph.constant(0.5)]), gate]);
}

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))), the approximation of the same paper. */
function applyGeluTanh(x: ValueName, graph: GraphBuilder): ValueName {
  const scale = Math.sqrt(2 / Math.PI);
  const factor = graph.node("Add", [
    graph.node("Mul", [graph.node("Mul", [x, x]), graph.constant(0.044715 * scale)]),
    graph.constant(scale),
  ]);
  const gate = graph.node("Add", [graph.node("Tanh", [graph.node("Mul", [x, factor])]), graph.constant(1)]);
  return graph.node("Mul", [graph.node("Mul", [x, graph.constant(0.5)]), gate]);
}

/** Where an activation stands among a layer's settings, and what it is where nothing stands there. */
interface ActivationPlace {
  readonly key?: string;
  readonly fallback?: string;
}

/** The activation that a layer ends with, or is. @throws {UnsupportedLayerError} If it has no converter. */
export function readActivation(layer: LayerJson, place: ActivationPlace = {}): ActivationSpec {
  const { key = "activation", fallback = "linear" } = place;
  const name = readText(layer, key, fallback);
  switch (name) {
    case "linear":
    case "selu":
    case "sigmoid":
    case "tanh":
    case "softplus":
    case "softsign":
    case "swish":
    case "mish":
    case "gelu":
    case "relu":
      return { kind: name };
    case "relu6":
      return { kind: "relu", maxValue: 6 };
    case "elu":
      return { kind: "elu", alpha: 1 };
    case "hardSigmoid":
    case "hard_sigmoid":
      return { kind: "hardSigmoid" };
    case "gelu_new":
      return { kind: "geluTanh" };
    case "logSoftmax":
    case "log_softmax":
      return { kind: "logSoftmax", axis: -1 };
    case "softmax":
      return { kind: "softmax", axis: -1 };
    default:
      throw new UnsupportedLayerError(layer, `the activation ${JSON.stringify(name)} has no converter`);
  }
}
