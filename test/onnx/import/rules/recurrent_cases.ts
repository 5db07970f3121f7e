import { type Attributes, int, ints, string, strings } from "../../../../src/onnx/file/onnx_model.ts";
import { type ImportCase, node, type Operand, several, weight } from "./import_case.ts";

const [STEPS, FEATURES, UNITS] = [3, 2, 2];

interface RecurrentSettings {
  readonly gates: number;
  readonly ways?: number;
  readonly attributes?: Attributes;
  /** Besides the sequence and both matrices. */
  readonly more?: readonly Operand[];
  /** Which output is compared: Y, Y_h or Y_c. */
  readonly output?: number;
}

/** An operator on the samples [N, T, F], turned. */
function recurrent(rule: string, about: string, settings: RecurrentSettings): ImportCase {
  const { gates, ways = 1, attributes = {}, more = [], output = 0 } = settings;
  const operands = [
    weight([ways, gates * UNITS, FEATURES], { scale: 0.5 }),
    weight([ways, gates * UNITS, UNITS], { scale: 0.5 }),
    ...more,
  ];
  const named = operands.flatMap((operand, i): [string, Operand][] =>
    operand.kind === "none" ? [] : [[`operand${i}.weight`, operand]],
  );
  const inputs = operands.map(({ kind }, i) => (kind === "none" ? "" : `operand${i}.weight`));
  const outputs = ["a", "b", "c"].slice(0, rule === "LSTM" ? 3 : 2);
  return several(rule, about, {
    x: [2, STEPS, FEATURES],
    opset: 14,
    operands: Object.fromEntries(named),
    nodes: [
      node("Transpose", ["x"], { attributes: { perm: ints([1, 0, 2]) }, outputs: ["t"] }),
      node(rule, ["t", ...inputs], {
        attributes: { hidden_size: int(UNITS), ...attributes },
        outputs: outputs.map((name, i) => (i === output ? "y" : name)),
      }),
    ],
  });
}

function bias(gates: number, ways = 1): Operand {
  return weight([ways, 2 * gates * UNITS], { scale: 0.5 });
}

function cases(rule: string, gates: number, activations: readonly string[]): ImportCase[] {
  const others = { activations: strings([...activations, ...activations]), direction: string("bidirectional") };
  return [
    recurrent(rule, "without a bias", { gates }),
    recurrent(rule, "with a bias", { gates, more: [bias(gates)] }),
    recurrent(rule, "backwards", { gates, attributes: { direction: string("reverse") }, more: [bias(gates)] }),
    recurrent(rule, "both ways, with other activations", {
      gates,
      ways: 2,
      attributes: others,
      more: [bias(gates, 2)],
    }),
    recurrent(rule, "both ways, the last state", {
      gates,
      ways: 2,
      attributes: { direction: string("bidirectional") },
      more: [bias(gates, 2)],
      output: 1,
    }),
  ];
}

/** Recurrent operators. */
export const RECURRENT_CASES: readonly ImportCase[] = [
  ...cases("GRU", 3, ["HardSigmoid", "Softsign"]),
  recurrent("GRU", "that resets after the product", {
    gates: 3,
    attributes: { linear_before_reset: int(1) },
    more: [bias(3)],
  }),
  recurrent("GRU", "that resets after the product, both ways, the last state", {
    gates: 3,
    ways: 2,
    attributes: { linear_before_reset: int(1), direction: string("bidirectional") },
    more: [bias(3, 2)],
    output: 1,
  }),
  ...cases("LSTM", 4, ["Sigmoid", "Softsign", "Tanh"]),
  recurrent("LSTM", "its last memory", { gates: 4, more: [bias(4)], output: 2 }),
  ...cases("RNN", 1, ["Softsign"]),
  several("LSTM", "from a state that is computed", {
    x: [2, STEPS, FEATURES],
    opset: 14,
    operands: {
      "w.weight": weight([1, 4 * UNITS, FEATURES]),
      "r.weight": weight([1, 4 * UNITS, UNITS]),
    },
    nodes: [
      node("Transpose", ["x"], { attributes: { perm: ints([1, 0, 2]) }, outputs: ["t"] }),
      node("ReduceMax", ["t"], { attributes: { axes: ints([0]) }, outputs: ["h"] }),
      node("LSTM", ["t", "w.weight", "r.weight", "", "", "h", "h"], { attributes: { hidden_size: int(UNITS) } }),
    ],
  }),
];
