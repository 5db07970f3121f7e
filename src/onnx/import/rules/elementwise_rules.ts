import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { Operator } from "../../ops/operator.ts";
import type { ImportRule, ImportRules, ImportStep } from "../import_step.ts";

function unary(op: Operator): ImportRule {
  return (step) => step.graph.node(op, [step.value(0)]);
}

function binary(op: Operator): ImportRule {
  return (step) => step.graph.node(op, [step.value(0), step.value(1)]);
}

/** Two at a time. */
function variadic(op: Operator): ImportRule {
  return (step) => {
    const [first = "", ...others] = step.values();
    return others.reduce((sum, next) => step.graph.node(op, [sum, next]), first);
  };
}

/** Operators that work element by element. */
export const elementwiseRules: ImportRules = {
  Abs: (step) => absolute(step.value(0), step.graph),
  Add: binary("Add"),
  Cast: (step) => {
    const to = step.int("to", 1);
    if (![1, 10, 11, 16].includes(to)) throw step.refuse("values that are computed can be made no whole numbers");
    return step.value(0);
  },
  CastLike: (step) => step.value(0),
  Div: binary("Div"),
  Exp: unary("Exp"),
  Log: unary("Log"),
  Max: variadic("Max"),
  Mean: (step) => {
    const sum = variadic("Add")(step);
    return step.graph.node("Div", [String(sum), step.graph.constant(step.node.inputs.length)]);
  },
  Min: variadic("Min"),
  Mul: binary("Mul"),
  Neg: unary("Neg"),
  Pow: raise,
  Reciprocal: (step) => step.graph.node("Div", [step.graph.constant(1), step.value(0)]),
  Sqrt: unary("Sqrt"),
  Sub: binary("Sub"),
  Sum: variadic("Add"),
  Where: choose,
};

function absolute(x: ValueName, graph: GraphBuilder): ValueName {
  return graph.node("Add", [graph.node("Relu", [x]), graph.node("Relu", [graph.node("Neg", [x])])]);
}

/** x to a power that is a number; others than small whole ones and roots are for positive x. */
function raise(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const exponents = new Set(step.numbers(1));
  const [exponent = 1] = exponents;
  if (exponents.size !== 1) throw step.refuse("the exponent must be one number");
  switch (exponent) {
    case 1:
      return x;
    case 2:
      return graph.node("Mul", [x, x]);
    case 3:
      return graph.node("Mul", [graph.node("Mul", [x, x]), x]);
    case 0.5:
      return graph.node("Sqrt", [x]);
    case -0.5:
      return graph.node("Div", [graph.constant(1), graph.node("Sqrt", [x])]);
    case -1:
      return graph.node("Div", [graph.constant(1), x]);
    default:
      return graph.node("Exp", [graph.node("Mul", [graph.node("Log", [x]), graph.constant(exponent)])]);
  }
}

/** Chosen by numbers that are known: a · c + b · (1 − c), whatever lies in what is not chosen. */
function choose(step: ImportStep): ValueName {
  const { graph } = step;
  const condition = step.static(0);
  if (!condition) throw step.refuse("its condition must be known before anything is run");
  const truth = graph.node("Greater", [
    graph.constant(condition.values.map(Number), condition.shape),
    graph.constant(0.5),
  ]);
  return graph.node("Where", [truth, step.value(1), step.value(2)]);
}
