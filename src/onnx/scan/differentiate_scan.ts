import { elementAt, valueAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { differentiate } from "../differentiate.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import type { BackwardStep } from "../ops/backward_step.ts";
import { readInt } from "../ops/operands.ts";
import { sampleShapeOf } from "../shape.ts";
import { createBody } from "./add_scan.ts";
import { BackwardScan } from "./backward_scan.ts";
import type { ScanOptions } from "./scan_options.ts";

/** A Scan on the way back. */
export interface ScanBackwards {
  readonly options: ScanOptions;
  /** What it has kept of every step: its states after it, and what else was saved. */
  readonly stacks: { readonly states: readonly ValueName[]; readonly saved: readonly ValueName[] };
  readonly step: BackwardStep;
}

/**
 * The gradients of states, sequence and captures: a Scan from the last step to the first, whose states are the
 * gradients of the states. What a step has saved is read, not computed again. A captured matrix's gradient Σₜ aₜᵀ dₜ is
 * one product of the stacked a and d, not a sum of T matrices.
 * @throws {RangeError} If a captured matrix's gradient is no such product.
 * @see Werbos 1990, Backpropagation Through Time, Proceedings of the IEEE 78(10)
 */
export function differentiateScan(
  { options, stacks, step }: ScanBackwards,
  graph: GraphBuilder,
): readonly (ValueName | undefined)[] {
  const { states, sequence, fromEnd, stacksFromEnd } = options;
  const body = createBody(`scan_back_${graph.nodes.length}/`, options.captures, graph);
  const way = new BackwardScan(body, graph);
  const gradientsAfter = states.map((name, i) => way.addState(step.gradientOf(i) ?? zerosLike(name, graph)));
  const before = states.map((name, i) => stackBefore(name, elementAt(stacks.states, i), stacksFromEnd, graph));
  const statesBefore = before.map((stack) => way.read(stack, stacksFromEnd));
  const element = way.read(sequence, fromEnd);
  const unread = [...stacks.saved];
  const save = (value: ValueName) => body.recall(value, way.read(unread.shift() ?? "", stacksFromEnd));
  const after = options.step({ states: statesBefore, element, save }, body);
  const seeds = after.map((value, i) => ({ value, gradient: elementAt(gradientsAfter, i) }));
  const ofStack = step.gradientOf(states.length);
  if (ofStack !== undefined) {
    seeds.push({ value: elementAt(after, 0), gradient: way.read(ofStack, stacksFromEnd) });
  }
  const captures = options.captures.filter((_, i) => step.isNeeded(states.length + 1 + i));
  const gradients = differentiate(body, { seeds, wanted: [...statesBefore, element, ...captures] });
  for (const name of statesBefore) way.setNextState(valueAt(gradients, name));
  const ofElement = gradients.get(element);
  const sequenceGradient = ofElement === undefined ? undefined : way.stack(ofElement, fromEnd);
  const factors = new Map(captures.map((name) => [name, findFactors(valueAt(gradients, name), body)]));
  const stacked = [...factors].map(([name, { a, d }]) => {
    return { name, a: way.stack(a, stacksFromEnd), d: way.stack(d, stacksFromEnd) };
  });
  const { last, stackOf } = way.finish();
  const products = new Map(stacked.map(({ name, a, d }) => [name, multiplyStacks(stackOf(a), stackOf(d), graph)]));
  const ofSequence = sequenceGradient && stackOf(sequenceGradient);
  return [...last, ofSequence, ...options.captures.map((name) => products.get(name))];
}

/** The state [N, …] before every step, from the one before the first and the stack of those after each [T, N, …]. */
function stackBefore(first: ValueName, stack: ValueName, fromEnd: boolean, graph: GraphBuilder): ValueName {
  const [steps = 0] = graph.shapeOf(stack).map(Number);
  const shape = sampleShapeOf(graph.shapeOf(first));
  const ofFirst = graph.node("Reshape", [first, graph.integers([1, -1, ...shape])]);
  if (steps === 1) return ofFirst;
  const [start, end] = fromEnd ? [1, steps] : [0, steps - 1];
  const others = graph.node("Slice", [stack, ...[start, end, 0].map((bound) => graph.integers([bound]))]);
  return graph.node("Concat", fromEnd ? [others, ofFirst] : [ofFirst, others], { axis: int(0) });
}

/** Zeros of a value's shape, whatever the number of rows. */
function zerosLike(name: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Sub", [name, name]);
}

/** What the gradient of a matrix is the product of: aᵀ · d, a [N, k] and d [N, n] of one step. */
function findFactors(gradient: ValueName, body: GraphBuilder): { readonly a: ValueName; readonly d: ValueName } {
  const node = body.nodes.find(({ outputs }) => outputs[0] === gradient);
  const [a = "", d = ""] = node?.inputs ?? [];
  if (node?.op === "Gemm" && node.inputs.length === 2 && readInt(node.attributes, "transA", 0) === 1) return { a, d };
  throw new RangeRefusal(needs("a Scan", "captured matrices that stand on the right of one Gemm", node?.op));
}

/** Σₜ aₜᵀ dₜ of sequences [T, N, k] and [T, N, n]. */
function multiplyStacks(a: ValueName, d: ValueName, graph: GraphBuilder): ValueName {
  const [rowsOfA, rowsOfD] = [a, d].map((stack) => {
    const width = Number(elementAt(graph.shapeOf(stack), 2));
    return graph.node("Reshape", [stack, graph.integers([-1, width])]);
  });
  return graph.node("Gemm", [rowsOfA ?? "", rowsOfD ?? ""], { transA: int(1) });
}
