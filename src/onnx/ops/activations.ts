import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GrowingGraph } from "../growing_graph.ts";
import { broadcastShapes, describeShape, isSameShape, resolveAxis } from "../shape.ts";
import { type BackwardStep, inputOf, outputOf, stepOf, sumOver, sumToShape } from "./backward_step.ts";
import { addFlushedExponential } from "./flushed_exponential.ts";
import { float32, readFloat, readInt, sameShape, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";

/** Activations, element by element or along an axis. */
export const activationOperators = {
  /** y = min(max(x, low), high) for constant bounds: dx = dy · [y > low] · [high > y] */
  Clip: {
    infer: sameShape,
    gradient(step) {
      const { graph } = step;
      const [low, high] = [1, 2].map((index) => graph.readConstant(inputOf(step, index))?.[0]);
      if (low === undefined || high === undefined)
        throw new RangeError(needs("the gradient of Clip", "constant bounds", low));
      return [insideOf(step, low, high), undefined, undefined];
    },
  },
  /** y = x where x > 0, else α(eˣ − 1): dx = dy · (1 where y > 0, else y + α) */
  Elu: {
    infer: sameShape,
    gradient(step) {
      return [exponentialSlope(step, 1, readFloat(step.node.attributes, "alpha", 1))];
    },
  },
  /** y = erf x: dx = dy · 2/√π · exp(−x²) */
  Erf: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const x = inputOf(step, 0);
      const bell = graph.node("Exp", [graph.node("Neg", [graph.node("Mul", [x, x])])]);
      return [graph.node("Mul", [dy, graph.node("Mul", [bell, graph.constant(2 / Math.sqrt(Math.PI))])])];
    },
  },
  /** y = min(max(αx + β, 0), 1): dx = α · dy · [0 < y < 1], and 0 < y < 1 where y − y² > 0. */
  HardSigmoid: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const alpha = graph.constant(readFloat(step.node.attributes, "alpha", 0.2));
      const y = outputOf(step);
      const inside = stepOf(graph.node("Sub", [y, graph.node("Mul", [y, y])]), graph);
      return [graph.node("Mul", [graph.node("Mul", [dy, inside]), alpha])];
    },
  },
  /** y = x where x > 0, else α·x: dx = dy · (α + (1 − α)·[x > 0]) */
  LeakyRelu: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy, node } = step;
      const alpha = readFloat(node.attributes, "alpha", 0.01);
      const raised = graph.node("Mul", [stepOf(inputOf(step, 0), graph), graph.constant(1 - alpha)]);
      return [graph.node("Mul", [dy, graph.node("Add", [raised, graph.constant(alpha)])])];
    },
  },
  /** y = x − ln Σ eˣ along an axis: dx = dy − eʸ · Σ dy */
  LogSoftmax: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const share = graph.node("Mul", [addFlushedExponential(outputOf(step), graph), sumAlongAxis(step, dy)]);
      return [graph.node("Sub", [dy, share])];
    },
  },
  /** y = x where x > 0, else a·x: dx = dy · (1 where x > 0, else a), da = Σ dy · min(x, 0). */
  PRelu: {
    infer: (node) => [float32(learnedReluShape(shapeAt(node, 0), shapeAt(node, 1)))],
    gradient(step) {
      const { graph, dy, isNeeded } = step;
      const [x, slope] = [inputOf(step, 0), inputOf(step, 1)];
      const makeDx = () => {
        const rest = graph.node("Sub", [graph.constant(1), slope]);
        const factor = graph.node("Add", [graph.node("Mul", [stepOf(x, graph), rest]), slope]);
        return graph.node("Mul", [dy, factor]);
      };
      const makeDSlope = () => {
        const product = graph.node("Mul", [dy, graph.node("Min", [x, graph.constant(0)])]);
        return sumToShape(product, graph.shapeOf(slope), graph);
      };
      return [isNeeded(0) ? makeDx() : undefined, isNeeded(1) ? makeDSlope() : undefined];
    },
  },
  /** y = max(x, 0): dx = dy · [y > 0] */
  Relu: {
    infer: sameShape,
    gradient(step) {
      return [step.graph.node("Mul", [step.dy, stepOf(outputOf(step), step.graph)])];
    },
  },
  /** y = γx where x > 0, else γα(eˣ − 1): dx = dy · (γ where y > 0, else y + γα) */
  Selu: {
    infer: sameShape,
    gradient(step) {
      const gamma = readFloat(step.node.attributes, "gamma", 1.0507009873554805);
      return [exponentialSlope(step, gamma, gamma * readFloat(step.node.attributes, "alpha", 1.6732632423543772))];
    },
  },
  /** y = 1 / (1 + e⁻ˣ): dx = dy · (y − y²) */
  Sigmoid: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const y = outputOf(step);
      return [graph.node("Mul", [dy, graph.node("Sub", [y, graph.node("Mul", [y, y])])])];
    },
  },
  /** y = eˣ / Σ eˣ along an axis: dx = y · (dy − Σ dy·y) */
  Softmax: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const sum = sumAlongAxis(step, graph.node("Mul", [dy, outputOf(step)]));
      return [graph.node("Mul", [outputOf(step), graph.node("Sub", [dy, sum])])];
    },
  },
  /** y = ln(1 + eˣ): dx = dy · sigmoid(x) */
  Softplus: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      return [graph.node("Mul", [dy, graph.node("Sigmoid", [inputOf(step, 0)])])];
    },
  },
  /** y = x / (1 + |x|): dx = dy · (1 − |y|)² */
  Softsign: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const rest = graph.node("Sub", [graph.constant(1), graph.node("Abs", [outputOf(step)])]);
      return [graph.node("Mul", [dy, graph.node("Mul", [rest, rest])])];
    },
  },
  /** y = tanh x: dx = dy · (1 − y²) */
  Tanh: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      const square = graph.node("Mul", [outputOf(step), outputOf(step)]);
      return [graph.node("Mul", [dy, graph.node("Sub", [graph.constant(1), square])])];
    },
  },
  /** y = x where x > θ, else 0: dx = dy · [x > θ] */
  ThresholdedRelu: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy, node } = step;
      const threshold = graph.constant(readFloat(node.attributes, "alpha", 1));
      return [graph.node("Mul", [dy, stepOf(graph.node("Sub", [inputOf(step, 0), threshold]), graph)])];
    },
  },
} satisfies OperatorFamily;

/** PRelu-16: a slope that is broadcast to x. @throws {RangeError} If the slope has lengths that x has not. */
function learnedReluShape(x: Shape, slope: Shape): Shape {
  if (isSameShape(broadcastShapes(x, slope), x)) return x;
  throw new RangeRefusal(needs("PRelu", `a shape that fits ${describeShape(x)}`, describeShape(slope)));
}

/** dy · [low < y < high]: the product of both distances is positive there, unless it is too small for a float. */
function insideOf(step: BackwardStep, low: number, high: number): ValueName {
  const { graph, dy } = step;
  const y = outputOf(step);
  const above = shift(y, -low, graph);
  const below = graph.node("Sub", [graph.constant(high), y]);
  if (high - low > SAFE_SPAN && high - low < 1 / SAFE_SPAN) {
    return graph.node("Mul", [dy, stepOf(graph.node("Mul", [above, below]), graph)]);
  }
  return graph.node("Mul", [graph.node("Mul", [dy, stepOf(above, graph)]), stepOf(below, graph)]);
}

/** Bounds so far apart leave the product of two distances, at least one of them half of that, a normal number. */
const SAFE_SPAN = 1e-3;

/** dy · (slope where y > 0, else y + offset) */
function exponentialSlope(step: BackwardStep, slope: number, offset: number): ValueName {
  const { graph, dy } = step;
  const y = outputOf(step);
  const isPositive = graph.node("Greater", [y, graph.constant(0)]);
  const factor = graph.node("Where", [isPositive, graph.constant(slope), shift(y, offset, graph)]);
  return graph.node("Mul", [dy, factor]);
}

function shift(x: ValueName, by: number, graph: GrowingGraph): ValueName {
  return by === 0 ? x : graph.node("Add", [x, graph.constant(by)]);
}

function sumAlongAxis(step: BackwardStep, value: ValueName): ValueName {
  const axis = resolveAxis(readInt(step.node.attributes, "axis", -1), step.graph.shapeOf(value).length);
  return sumOver(value, [axis], { keepDimensions: true }, step.graph);
}
