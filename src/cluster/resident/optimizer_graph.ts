import type { VectorGraph } from "../../engine/device/vector_program.ts";
import type { OptimizerSpec } from "../../optimizers/optimizer_spec.ts";
import { addStep } from "./optimizer_rules.ts";
import { VectorArithmetic } from "./vector_arithmetic.ts";

/** A part of the vectors that is stepped by one rule. */
export interface SteppedPart {
  readonly spec: OptimizerSpec;
  /** Values on the device. */
  readonly length: number;
  /** Names of the numbers that the rule takes. */
  readonly numbers: readonly string[];
}

/** An optimizer step as a graph. */
export interface OptimizerGraph {
  readonly graph: VectorGraph;
  /** Which vectors of state it writes; the others stay as they are. */
  readonly changesState: readonly boolean[];
}

/** The name of a vector, or of a number, of one part. */
export function nameValue(part: number, name: string): string {
  return `${part}/${name}`;
}

/** The name of a vector of state. */
export function nameState(index: number): string {
  return `state ${index}`;
}

/** The name of what a vector becomes. It lies in other memory than the vector itself. */
export function nameNext(name: string): string {
  return `next ${name}`;
}

/**
 * θ, state → θ', state' of all parts, each by its rule. What one rule leaves as it is and another changes is copied.
 * @param stateVectors How many vectors of state the optimizer keeps.
 */
export function buildOptimizerGraph(parts: readonly SteppedPart[], stateVectors: number): OptimizerGraph {
  const graph = new VectorArithmetic();
  const steps = parts.map(({ spec, length }, part) => {
    const name = (text: string) => nameValue(part, text);
    const state = Array.from({ length: stateVectors }, (_, i) => graph.vector(name(nameState(i)), length));
    const vectors = {
      parameters: graph.vector(name("parameters"), length),
      gradient: graph.vector(name("gradient"), length),
      state,
      numberOf: (text: string) => graph.scalar(name(text)),
    };
    return { state, result: addStep(spec, vectors, graph) };
  });
  const changesState = Array.from({ length: stateVectors }, (_, i) => {
    return steps.some(({ result }) => result.state[i] !== undefined);
  });
  for (const [part, { state, result }] of steps.entries()) {
    graph.output(nameValue(part, nameNext("parameters")), result.parameters);
    for (const [i, isChanged] of changesState.entries()) {
      if (isChanged) graph.output(nameValue(part, nameNext(nameState(i))), result.state[i] ?? state[i] ?? "");
    }
  }
  return { graph: graph.finish(), changesState };
}
