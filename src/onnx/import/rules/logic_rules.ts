import { int } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { ImportRule, ImportRules, ImportStep } from "../import_step.ts";

/**
 * Truths and whole numbers that are computed. They are floats here, truths 0 and 1; no gradient flows through them.
 */
export const logicRules: ImportRules = {
  And: (step) => step.graph.node("Mul", [step.value(0), step.value(1)]),
  Cast: (step) => cast(step, step.int("to", FLOAT)),
  CastLike: (step) => {
    const like = step.static(1);
    return like && !like.isFloat ? truncate(step.value(0), step.graph) : step.value(0);
  },
  Equal: (step) => {
    const { graph } = step;
    const [a, b] = [step.value(0), step.value(1)];
    return negate(graph.node("Add", [isGreater([a, b], graph), isGreater([b, a], graph)]), graph);
  },
  Greater: compare(([a, b], graph) => isGreater([a, b], graph)),
  GreaterOrEqual: compare(([a, b], graph) => negate(isGreater([b, a], graph), graph)),
  Less: compare(([a, b], graph) => isGreater([b, a], graph)),
  LessOrEqual: compare(([a, b], graph) => negate(isGreater([a, b], graph), graph)),
  Not: (step) => negate(step.value(0), step.graph),
  Or: (step) => step.graph.node("Max", [step.value(0), step.value(1)]),
  Where: (step) => {
    const { graph } = step;
    const truth = graph.node("Greater", [step.value(0), graph.constant(0.5)]);
    return graph.node("Where", [truth, step.value(1), step.value(2)]);
  },
  Xor: (step) => {
    const { graph } = step;
    return graph.node("Abs", [graph.node("Sub", [step.value(0), step.value(1)])]);
  },
};

type Pair = readonly [ValueName, ValueName];

/** ONNX's numbers for types: of floats, of whole numbers and of truths. */
const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const FLOATS = [FLOAT, 10, 11, 16];

function cast(step: ImportStep, to: number): ValueName {
  const { graph } = step;
  const x = step.value(0);
  if (FLOATS.includes(to)) return x;
  return to === BOOL ? isGreater([graph.node("Abs", [x]), graph.constant(0)], graph) : truncate(x, graph);
}

/** Towards 0, as a float. */
function truncate(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Cast", [toIndices(x, graph)], { to: int(FLOAT) });
}

/** Whole numbers of int64, as indices must be. */
export function toIndices(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Cast", [x], { to: int(INT64) });
}

/** 1 where a > b, else 0. */
export function isGreater([a, b]: Pair, graph: GraphBuilder): ValueName {
  return graph.node("Cast", [graph.node("Greater", [a, b])], { to: int(FLOAT) });
}

/** 1 − x */
function negate(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Sub", [graph.constant(1), x]);
}

function compare(relation: (operands: Pair, graph: GraphBuilder) => ValueName): ImportRule {
  return (step) => relation([step.value(0), step.value(1)], step.graph);
}
