import type { ValueName } from "../../graph.ts";
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
  Abs: unary("Abs"),
  Add: binary("Add"),
  Ceil: unary("Ceil"),
  Cos: unary("Cos"),
  Div: binary("Div"),
  Exp: unary("Exp"),
  Floor: unary("Floor"),
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
  Round: unary("Round"),
  Reciprocal: (step) => step.graph.node("Div", [step.graph.constant(1), step.value(0)]),
  Sign: unary("Sign"),
  Sin: unary("Sin"),
  Sqrt: unary("Sqrt"),
  Sub: binary("Sub"),
  Sum: variadic("Add"),
};

/** x to a power; small whole ones and roots by what is cheaper. */
function raise(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const exponents = new Set(step.static(1)?.values);
  const [exponent] = exponents;
  switch (exponents.size === 1 ? exponent : undefined) {
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
      return graph.node("Pow", [x, step.value(1)]);
  }
}
