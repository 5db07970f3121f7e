import type { ValueName } from "../graph.ts";
import { type BackwardStep, inputOf, outputOf, stepOf, sumToShape } from "./gradient_rule.ts";

/** y = x: dx = dy */
export function gradientOfIdentity({ dy }: BackwardStep): ValueName[] {
  return [dy];
}

/** y = a + b: da = db = dy */
export function gradientOfAdd(step: BackwardStep): (ValueName | undefined)[] {
  return fitToInputs(
    step,
    () => step.dy,
    () => step.dy,
  );
}

/** y = a − b: da = dy, db = −dy */
export function gradientOfSub(step: BackwardStep): (ValueName | undefined)[] {
  return fitToInputs(
    step,
    () => step.dy,
    () => step.graph.node("Neg", [step.dy]),
  );
}

/** y = a · b: da = dy · b, db = dy · a */
export function gradientOfMul(step: BackwardStep): (ValueName | undefined)[] {
  const { graph, dy } = step;
  const times = (index: number) => graph.node("Mul", [dy, inputOf(step, index)]);
  return fitToInputs(
    step,
    () => times(1),
    () => times(0),
  );
}

/** y = a / b: da = dy / b, db = −dy · y / b */
export function gradientOfDiv(step: BackwardStep): (ValueName | undefined)[] {
  const { graph, dy } = step;
  const divide = (x: ValueName) => graph.node("Div", [x, inputOf(step, 1)]);
  const forDivisor = () => graph.node("Neg", [divide(graph.node("Mul", [dy, outputOf(step)]))]);
  return fitToInputs(step, () => divide(dy), forDivisor);
}

/** y = max(a, b): dy goes to the larger; where both are equal, to b. */
export function gradientOfMax(step: BackwardStep): (ValueName | undefined)[] {
  return chooseInput(step, [0, 1]);
}

/** y = min(a, b): dy goes to the smaller; where both are equal, to b. */
export function gradientOfMin(step: BackwardStep): (ValueName | undefined)[] {
  return chooseInput(step, [1, 0]);
}

/** y = −x: dx = −dy */
export function gradientOfNeg({ graph, dy }: BackwardStep): ValueName[] {
  return [graph.node("Neg", [dy])];
}

/** y = eˣ: dx = dy · y */
export function gradientOfExp(step: BackwardStep): ValueName[] {
  return [step.graph.node("Mul", [step.dy, outputOf(step)])];
}

/** y = ln x: dx = dy / x */
export function gradientOfLog(step: BackwardStep): ValueName[] {
  return [step.graph.node("Div", [step.dy, inputOf(step, 0)])];
}

/** y = √x: dx = dy / 2y */
export function gradientOfSqrt(step: BackwardStep): ValueName[] {
  const { graph, dy } = step;
  return [graph.node("Div", [graph.node("Mul", [dy, graph.constant(0.5)]), outputOf(step)])];
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
