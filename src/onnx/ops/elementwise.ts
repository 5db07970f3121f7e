import type { ValueName } from "../graph.ts";
import { broadcastShapes } from "../shape.ts";
import { type BackwardStep, inputOf, outputOf, stepOf, sumToShape } from "./backward_step.ts";
import { broadcastTypes, float32, readInt, sameShape, shapeAt } from "./operands.ts";
import type { OperatorFamily } from "./operator_definition.ts";

/** Arithmetic element by element; two operands are broadcast. */
export const elementwiseOperators = {
  /** y = |x|: dx = dy · sign x */
  Abs: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      return [graph.node("Mul", [dy, graph.node("Sign", [inputOf(step, 0)])])];
    },
  },
  /** y = a + b: da = db = dy */
  Add: {
    infer: broadcastTypes,
    gradient(step) {
      return fitToInputs(
        step,
        () => step.dy,
        () => step.dy,
      );
    },
  },
  /** Nothing flows through a change of type: of floats, whole numbers take no part of the way. */
  Cast: {
    infer: (node) => [
      { shape: shapeAt(node, 0), dataType: readInt(node.attributes, "to", 1) === 7 ? "int64" : "float32" },
    ],
    gradient: stop,
  },
  /** y = ⌈x⌉, a step function: dx = 0 */
  Ceil: { infer: sameShape, gradient: stop },
  /** y = cos x: dx = −dy · sin x */
  Cos: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      return [graph.node("Neg", [graph.node("Mul", [dy, graph.node("Sin", [inputOf(step, 0)])])])];
    },
  },
  /** y = a / b: da = dy / b, db = −dy · y / b */
  Div: {
    infer: broadcastTypes,
    gradient(step) {
      const { graph, dy } = step;
      const divide = (x: ValueName) => graph.node("Div", [x, inputOf(step, 1)]);
      const forDivisor = () => graph.node("Neg", [divide(graph.node("Mul", [dy, outputOf(step)]))]);
      return fitToInputs(step, () => divide(dy), forDivisor);
    },
  },
  /** y = eˣ: dx = dy · y */
  Exp: {
    infer: sameShape,
    gradient(step) {
      return [step.graph.node("Mul", [step.dy, outputOf(step)])];
    },
  },
  /** y = ⌊x⌋, a step function: dx = 0 */
  Floor: { infer: sameShape, gradient: stop },
  /** y = [a > b]: da = db = 0 */
  Greater: {
    infer: (node) => [{ shape: broadcastShapes(shapeAt(node, 0), shapeAt(node, 1)), dataType: "bool" }],
    gradient: stop,
  },
  /** y = x: dx = dy */
  Identity: {
    infer: sameShape,
    gradient({ dy }) {
      return [dy];
    },
  },
  /** y = ln x: dx = dy / x */
  Log: {
    infer: sameShape,
    gradient(step) {
      return [step.graph.node("Div", [step.dy, inputOf(step, 0)])];
    },
  },
  /** y = max(a, b): dy goes to the larger; where both are equal, to b. */
  Max: {
    infer: broadcastTypes,
    gradient(step) {
      return chooseInput(step, [0, 1]);
    },
  },
  /** y = min(a, b): dy goes to the smaller; where both are equal, to b. */
  Min: {
    infer: broadcastTypes,
    gradient(step) {
      return chooseInput(step, [1, 0]);
    },
  },
  /** y = a · b: da = dy · b, db = dy · a */
  Mul: {
    infer: broadcastTypes,
    gradient(step) {
      const { graph, dy } = step;
      const times = (index: number) => graph.node("Mul", [dy, inputOf(step, index)]);
      return fitToInputs(
        step,
        () => times(1),
        () => times(0),
      );
    },
  },
  /** y = −x: dx = −dy */
  Neg: {
    infer: sameShape,
    gradient({ graph, dy }) {
      return [graph.node("Neg", [dy])];
    },
  },
  /** y = aᵇ: da = dy · b · aᵇ⁻¹, db = dy · y · ln a, which means something for a > 0 */
  Pow: {
    infer: broadcastTypes,
    gradient(step) {
      const { graph, dy } = step;
      const [a, b] = [inputOf(step, 0), inputOf(step, 1)];
      const times = (factor: ValueName, other: ValueName) =>
        graph.node("Mul", [graph.node("Mul", [dy, factor]), other]);
      const forBase = () => times(b, graph.node("Pow", [a, graph.node("Sub", [b, graph.constant(1)])]));
      return fitToInputs(step, forBase, () => times(outputOf(step), graph.node("Log", [a])));
    },
  },
  /** y = x rounded, halves to the even number, a step function: dx = 0 */
  Round: { infer: sameShape, gradient: stop },
  /** y = −1, 0 or 1, a step function: dx = 0 */
  Sign: { infer: sameShape, gradient: stop },
  /** y = sin x: dx = dy · cos x */
  Sin: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      return [graph.node("Mul", [dy, graph.node("Cos", [inputOf(step, 0)])])];
    },
  },
  /** y = √x: dx = dy / 2y */
  Sqrt: {
    infer: sameShape,
    gradient(step) {
      const { graph, dy } = step;
      return [graph.node("Div", [graph.node("Mul", [dy, graph.constant(0.5)]), outputOf(step)])];
    },
  },
  /** y = a − b: da = dy, db = −dy */
  Sub: {
    infer: broadcastTypes,
    gradient(step) {
      return fitToInputs(
        step,
        () => step.dy,
        () => step.graph.node("Neg", [step.dy]),
      );
    },
  },
  /** y = a where c holds, else b: da = dy where c holds, else 0, db the other way round */
  Where: {
    infer: (node) => [float32(broadcastShapes(shapeAt(node, 0), broadcastShapes(shapeAt(node, 1), shapeAt(node, 2))))],
    gradient(step) {
      const { graph, dy, isNeeded } = step;
      const [condition, a, b] = [inputOf(step, 0), inputOf(step, 1), inputOf(step, 2)];
      const zero = graph.constant(0);
      const sumFor = (gradient: ValueName, like: ValueName) => sumToShape(gradient, graph.shapeOf(like), graph);
      return [
        undefined,
        isNeeded(1) ? sumFor(graph.node("Where", [condition, dy, zero]), a) : undefined,
        isNeeded(2) ? sumFor(graph.node("Where", [condition, zero, dy]), b) : undefined,
      ];
    },
  },
} satisfies OperatorFamily;

/** The gradient of a step function is 0 wherever it has one. */
function stop(): readonly undefined[] {
  return [];
}

/** The gradients of two inputs, made where they are needed and summed where their input was broadcast. */
function fitToInputs(step: BackwardStep, ...gradients: readonly (() => ValueName)[]): (ValueName | undefined)[] {
  return gradients.map((makeGradient, index) => {
    if (!step.isNeeded(index)) return undefined;
    return sumToShape(makeGradient(), step.graph.shapeOf(inputOf(step, index)), step.graph);
  });
}

/** dy · [first > second] for input a, and what is left of dy for b. */
function chooseInput(step: BackwardStep, [first, second]: readonly [number, number]): (ValueName | undefined)[] {
  const { graph, dy } = step;
  const difference = graph.node("Sub", [inputOf(step, first), inputOf(step, second)]);
  const forA = graph.node("Mul", [dy, stepOf(difference, graph)]);
  return fitToInputs(
    step,
    () => forA,
    () => graph.node("Sub", [dy, forA]),
  );
}
