import { elementAt } from "../core/element_at.ts";
import { describeCause, RangeRefusal } from "../core/errors/errors.ts";
import { isStandardOperator } from "./blocks/blocked_operators.ts";
import type { GraphNode, ValueName } from "./graph.ts";
import type { GraphBuilder } from "./graph_builder.ts";
import type { BackwardStep, GradientRule } from "./ops/backward_step.ts";
import { DEFINITIONS } from "./ops/operators.ts";

/** An operator on the way back has no gradient, at least none of its settings; `value` is the first that it makes. */
export class GradientError extends RangeRefusal {
  readonly value: ValueName;

  constructor(failure: { readonly op: string; readonly value: ValueName }, reason: string, options?: ErrorOptions) {
    super(`Cannot differentiate ${failure.op}: ${reason}`, options);
    this.value = failure.value;
  }
}

/** A value whose gradient is known: where reverse mode starts. */
export interface GradientSeed {
  readonly value: ValueName;
  readonly gradient: ValueName;
}

/**
 * Reverse-mode differentiation: adds the nodes that carry the seeds' gradients back to `wanted`, and returns the
 * gradient of each; those on which no seed depends are missing. Gradients that reach a value on several ways are added.
 * A group of nodes goes by its own rule, and a value that was recalled passes its gradient on to what it stands for.
 * Only what lies between a wanted value and a seed is made: there is no gradient of the samples, for one.
 * @throws {GradientError} If the way leads through an operator without a gradient.
 * @see Griewank and Walther 2008, Evaluating Derivatives, chapter 3
 */
export function differentiate(
  graph: GraphBuilder,
  { seeds, wanted }: { seeds: readonly GradientSeed[]; wanted: readonly ValueName[] },
): Map<ValueName, ValueName> {
  const nodes = [...graph.nodes];
  const needed = new Set(wanted);
  for (const node of nodes) {
    const inputs = [...node.inputs, ...(graph.groupOf(node.outputs[0] ?? "")?.inputs ?? [])];
    if (!inputs.some((name) => needed.has(name))) continue;
    for (const name of node.outputs) {
      needed.add(name);
      const received = graph.recalledAs(name);
      if (received !== undefined) needed.add(received);
    }
  }
  const gradients = new Map<ValueName, ValueName>();
  const accumulate = (value: ValueName, gradient: ValueName) => {
    const sum = gradients.get(value);
    gradients.set(value, sum === undefined ? gradient : graph.node("Add", [sum, gradient]));
  };
  for (const { value, gradient } of seeds) accumulate(value, gradient);
  for (const node of nodes.reverse()) {
    const [y = ""] = node.outputs;
    for (const output of node.outputs) {
      const passed = gradients.get(graph.recalledAs(output) ?? "");
      if (passed !== undefined) accumulate(output, passed);
    }
    const isReached = node.outputs.some((output) => gradients.has(output));
    const group = graph.groupOf(y);
    const inputs = group?.inputs ?? node.inputs;
    if (!isReached || !inputs.some((name) => needed.has(name))) continue;
    const isNeeded = (index: number) => needed.has(inputs[index] ?? "");
    const rule = group?.rule ?? findRule(node.op);
    const gradientOf = (index: number) => gradients.get(node.outputs[index] ?? "");
    const step = { node: { ...node, inputs }, graph, dy: gradientOf(0) ?? "", gradientOf, isNeeded };
    for (const [index, gradient] of applyRule(rule, step).entries()) {
      if (gradient !== undefined && isNeeded(index)) accumulate(elementAt(inputs, index), gradient);
    }
  }
  return new Map([...gradients].filter(([name]) => wanted.includes(name)));
}

function findRule(op: GraphNode["op"]): GradientRule | undefined {
  return isStandardOperator(op) ? DEFINITIONS[op].gradient : undefined;
}

/** @throws {GradientError} */
function applyRule(rule: GradientRule | undefined, step: BackwardStep): readonly (ValueName | undefined)[] {
  const { op, outputs } = step.node;
  if (!rule) throw new GradientError({ op, value: elementAt(outputs, 0) }, "it has no gradient rule");
  try {
    return rule(step);
  } catch (cause) {
    throw new GradientError({ op, value: elementAt(outputs, 0) }, describeCause(cause), { cause });
  }
}
