import { float, int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { applyActivation } from "../../layers/activation.ts";
import type { Operator } from "../../ops/operator.ts";
import type { ImportRule, ImportRules, ImportStep } from "../import_step.ts";

/** An operator that ours has under the same name, without attributes. */
function same(op: Operator): ImportRule {
  return (step) => step.graph.node(op, [step.value(0)]);
}

/** Activations: as they are, or by their definitions. */
export const activationRules: ImportRules = {
  Celu: (step) => {
    // max(x, 0) + min(0, α (e^(x / α) − 1)) = α Elu(x / α), with α above 0.
    const alpha = step.graph.constant(step.float("alpha", 1));
    const scaled = step.graph.node("Div", [step.value(0), alpha]);
    return step.graph.node("Mul", [step.graph.node("Elu", [scaled], { alpha: float(1) }), alpha]);
  },
  Clip: (step) => {
    const bound = (place: number, name: string, fallback: number) =>
      step.graph.constant(step.numbers(place)?.[0] ?? step.float(name, fallback));
    const bounds = [bound(1, "min", -LARGEST), bound(2, "max", LARGEST)];
    return step.graph.node("Clip", [step.value(0), ...bounds]);
  },
  Elu: (step) => step.graph.node("Elu", [step.value(0)], { alpha: float(step.float("alpha", 1)) }),
  Erf: same("Erf"),
  Gelu: (step) => {
    const kind = step.text("approximate", "none") === "tanh" ? "geluTanh" : "gelu";
    return applyActivation({ kind }, step.value(0), step.graph);
  },
  "com.microsoft.BiasGelu": (step) => applyActivation({ kind: "gelu" }, addBias(step), step.graph),
  "com.microsoft.FastGelu": (step) => applyActivation({ kind: "geluTanh" }, addBias(step), step.graph),
  "com.microsoft.Gelu": (step) => applyActivation({ kind: "gelu" }, step.value(0), step.graph),
  "com.microsoft.QuickGelu": (step) => {
    const x = step.value(0);
    const scaled = step.graph.node("Mul", [x, step.graph.constant(step.float("alpha", 1.702))]);
    return step.graph.node("Mul", [x, step.graph.node("Sigmoid", [scaled])]);
  },
  HardSigmoid: (step) =>
    step.graph.node("HardSigmoid", [step.value(0)], {
      alpha: float(step.float("alpha", 0.2)),
      beta: float(step.float("beta", 0.5)),
    }),
  HardSwish: (step) => {
    const x = step.value(0);
    return step.graph.node("Mul", [x, step.graph.node("HardSigmoid", [x], { alpha: float(1 / 6), beta: float(0.5) })]);
  },
  LeakyRelu: (step) => step.graph.node("LeakyRelu", [step.value(0)], { alpha: float(step.float("alpha", 0.01)) }),
  LogSoftmax: (step) => alongAxis("LogSoftmax", step),
  Mish: (step) => applyActivation({ kind: "mish" }, step.value(0), step.graph),
  PRelu: (step) => step.graph.node("PRelu", [step.value(0), step.value(1)]),
  Relu: same("Relu"),
  Selu: (step) => {
    const [alpha, gamma] = [step.float("alpha", 1.6732632), step.float("gamma", 1.0507009)];
    const inner = step.graph.node("Elu", [step.value(0)], { alpha: float(alpha) });
    return step.graph.node("Mul", [inner, step.graph.constant(gamma)]);
  },
  Sigmoid: same("Sigmoid"),
  Softmax: (step) => alongAxis("Softmax", step),
  Softplus: same("Softplus"),
  Softsign: same("Softsign"),
  Swish: (step) => {
    const x = step.value(0);
    const scaled = step.graph.node("Mul", [x, step.graph.constant(step.float("alpha", 1))]);
    return step.graph.node("Mul", [x, step.graph.node("Sigmoid", [scaled])]);
  },
  Tanh: same("Tanh"),
  ThresholdedRelu: (step) =>
    step.graph.node("ThresholdedRelu", [step.value(0)], { alpha: float(step.float("alpha", 1)) }),
};

/** x + b, where there is a bias b. */
function addBias(step: ImportStep): ValueName {
  return step.has(1) ? step.graph.node("Add", [step.value(0), step.value(1)]) : step.value(0);
}

/** The largest float32. */
const LARGEST = 3.4028234663852886e38;

/** Up to operator set 12 all axes from `axis` on are one. */
function alongAxis(op: "LogSoftmax" | "Softmax", step: ImportStep) {
  const x = step.value(0);
  const shape = step.graph.shapeOf(x);
  const axis = step.axis(step.opset < 13 ? 1 : -1, shape.length);
  if (step.opset >= 13 || axis === shape.length - 1) return step.graph.node(op, [x], { axis: int(axis) });
  const flat = step.graph.node("Flatten", [x], { axis: int(axis) });
  return step.reshape(step.graph.node(op, [flat], { axis: int(1) }), shape);
}
