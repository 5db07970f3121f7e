import type { ValueName } from "../../onnx/graph.ts";
import { findLeastRoot, limitEpsilon } from "../../optimizers/flushed_squares.ts";
import type { AdagradSpec, AdamSpec, OptimizerSpec, RMSpropSpec, SGDSpec } from "../../optimizers/optimizer_spec.ts";
import type { VectorArithmetic } from "./vector_arithmetic.ts";

/** What a rule steps: vectors of one length. */
export interface SteppedVectors {
  readonly parameters: ValueName;
  readonly gradient: ValueName;
  readonly state: readonly ValueName[];
  /** A number that `listStepNumbers` gives. */
  numberOf(name: string): ValueName;
}

/** What they are after the step; undefined for a state that stays as it is. */
export interface SteppedResult {
  readonly parameters: ValueName;
  readonly state: readonly (ValueName | undefined)[];
}

/** How far one step goes. */
export interface StepLength {
  readonly learningRate: number;
  /** How many steps this one makes, from 1. */
  readonly count: number;
}

/** The numbers of one step that a rule's graph is given, by name. */
export function listStepNumbers(spec: OptimizerSpec, { learningRate, count }: StepLength): Record<string, number> {
  switch (spec.kind) {
    case "sgd":
      return { rate: learningRate, ...(spec.dampening === 0 ? {} : { share: count === 1 ? 1 : 1 - spec.dampening }) };
    case "adam":
      return {
        size: learningRate / (1 - spec.beta1 ** count),
        correction: 1 / Math.sqrt(1 - spec.beta2 ** count),
        ...(shrinks(spec) ? { shrink: 1 - learningRate * spec.weightDecay } : {}),
      };
    case "rmsprop":
      return { rate: learningRate };
    case "adagrad":
      return { rate: learningRate / (1 + (count - 1) * spec.learningRateDecay) };
  }
}

/** Adds one optimizer step to a graph: the arithmetic of the kernel of that optimizer. */
export function addStep(spec: OptimizerSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  switch (spec.kind) {
    case "sgd":
      return spec.momentum === 0 ? addPlain(spec, vectors, graph) : addMomentum(spec, vectors, graph);
    case "adam":
      return addAdam(spec, vectors, graph);
    case "rmsprop":
      return addRMSprop(spec, vectors, graph);
    case "adagrad":
      return addAdagrad(spec, vectors, graph);
  }
}

/** g + λθ */
function decay(weightDecay: number, { parameters, gradient }: SteppedVectors, graph: VectorArithmetic): ValueName {
  if (weightDecay === 0) return gradient;
  return graph.add(gradient, graph.multiply(graph.constant(weightDecay), parameters));
}

function addPlain({ weightDecay }: SGDSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  const g = graph.flush(decay(weightDecay, vectors, graph));
  const step = graph.multiply(vectors.numberOf("rate"), g);
  return {
    parameters: graph.flush(graph.subtract(vectors.parameters, step)),
    state: vectors.state.map(() => undefined),
  };
}

function addMomentum(spec: SGDSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  const { momentum, dampening, weightDecay, nesterov } = spec;
  const [velocity = "", ...others] = vectors.state;
  const isPlain = dampening === 0 && weightDecay === 0 && !nesterov;
  // The kernel's short form adds the gradient as it is.
  const g = isPlain ? vectors.gradient : graph.flush(decay(weightDecay, vectors, graph));
  const share = dampening === 0 ? g : graph.multiply(vectors.numberOf("share"), g);
  const kept = (v: ValueName) => graph.multiply(graph.constant(momentum), v);
  const v = graph.flush(graph.add(kept(velocity), share));
  const direction = nesterov ? graph.add(g, kept(v)) : v;
  const step = graph.multiply(vectors.numberOf("rate"), direction);
  const parameters = graph.flush(graph.subtract(vectors.parameters, step));
  return { parameters, state: [v, ...others.map(() => undefined)] };
}

function addAdam(spec: AdamSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  const { beta1, beta2, epsilon, weightDecay, decoupledWeightDecay } = spec;
  const [first = "", second = "", ...others] = vectors.state;
  const decayed = decay(decoupledWeightDecay ? 0 : weightDecay, vectors, graph);
  const g = graph.flush(decayed, Math.fround(findLeastRoot(1 - beta2)));
  const m = graph.flush(mix(beta1, { old: first, added: g }, graph));
  const s = graph.flushSubnormal(mixSquare(beta2, { old: second, g }, graph));
  const root = graph.multiply(graph.root(s), vectors.numberOf("correction"));
  const spread = graph.add(root, graph.constant(limitEpsilon(epsilon)));
  const step = graph.divide(graph.multiply(vectors.numberOf("size"), m), spread);
  const { parameters } = vectors;
  const shrunk = shrinks(spec) ? graph.multiply(vectors.numberOf("shrink"), parameters) : parameters;
  return { parameters: graph.flush(graph.subtract(shrunk, step)), state: [m, s, ...others.map(() => undefined)] };
}

function addRMSprop(spec: RMSpropSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  const { alpha, epsilon, weightDecay, momentum, centered } = spec;
  const [square = "", velocity = "", mean = ""] = vectors.state;
  const g = graph.flush(decay(weightDecay, vectors, graph), Math.fround(findLeastRoot(1 - alpha)));
  const s = graph.flushSubnormal(mixSquare(alpha, { old: square, g }, graph));
  const a = centered ? graph.flushRoot(mix(alpha, { old: mean, added: g }, graph)) : undefined;
  const variance = a === undefined ? s : graph.subtract(s, graph.multiply(a, a));
  const spread = graph.add(graph.root(graph.cutBelowZero(variance)), graph.constant(limitEpsilon(epsilon)));
  const kept = graph.multiply(graph.constant(momentum), velocity);
  const v = graph.flush(graph.add(kept, graph.divide(g, spread)));
  const step = graph.multiply(vectors.numberOf("rate"), v);
  return { parameters: graph.flush(graph.subtract(vectors.parameters, step)), state: [s, v, a] };
}

function addAdagrad(spec: AdagradSpec, vectors: SteppedVectors, graph: VectorArithmetic): SteppedResult {
  const [sum = "", ...others] = vectors.state;
  const g = graph.flushRoot(decay(spec.weightDecay, vectors, graph));
  const s = graph.flushSubnormal(graph.add(sum, graph.multiply(g, g)));
  const spread = graph.add(graph.root(s), graph.constant(limitEpsilon(spec.epsilon)));
  const step = graph.divide(graph.multiply(vectors.numberOf("rate"), g), spread);
  const parameters = graph.flush(graph.subtract(vectors.parameters, step));
  return { parameters, state: [s, ...others.map(() => undefined)] };
}

/** share · old + (1 − share) · added */
function mix(
  share: number,
  { old, added }: { readonly old: ValueName; readonly added: ValueName },
  graph: VectorArithmetic,
): ValueName {
  const [kept, rest] = [graph.constant(share), graph.constant(1 - share)];
  return graph.add(graph.multiply(kept, old), graph.multiply(rest, added));
}

/** share · old + ((1 − share) · g) · g */
function mixSquare(
  share: number,
  { old, g }: { readonly old: ValueName; readonly g: ValueName },
  graph: VectorArithmetic,
): ValueName {
  const square = graph.multiply(graph.multiply(graph.constant(1 - share), g), g);
  return graph.add(graph.multiply(graph.constant(share), old), square);
}

/** Whether AdamW's decay shrinks the parameters; with none it leaves them as they are. */
function shrinks({ decoupledWeightDecay, weightDecay }: AdamSpec): boolean {
  return decoupledWeightDecay && weightDecay !== 0;
}
