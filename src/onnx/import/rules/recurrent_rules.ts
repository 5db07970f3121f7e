import { elementAt } from "../../../core/element_at.ts";
import { int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { type ActivationSpec, applyActivation } from "../../layers/activation.ts";
import { scan } from "../../scan/scan.ts";
import type { ImportRule, ImportRules, ImportStep } from "../import_step.ts";
import { type GateActivations, type ImportedCell, projectSequence, type StepMaker } from "../recurrent_cell.ts";
import { makeGruStep, makeLstmStep, makeRnnStep } from "../recurrent_steps.ts";

/** Recurrent operators over sequences [T, N, F], as Scans, which train. */
export const recurrentRules: ImportRules = {
  GRU: recurrence({ gates: 3, states: 1, activations: ["Sigmoid", "Tanh"], makeStep: makeGruStep }),
  LSTM: recurrence({ gates: 4, states: 2, activations: ["Sigmoid", "Tanh", "Tanh"], makeStep: makeLstmStep }),
  RNN: recurrence({ gates: 1, states: 1, activations: ["Tanh"], makeStep: makeRnnStep }),
};

/** What tells the three operators apart. */
interface Recurrence {
  readonly gates: number;
  /** An LSTM hands on two. */
  readonly states: number;
  /** Of the gates, of the candidate and of the output, as they are by default. */
  readonly activations: readonly string[];
  readonly makeStep: StepMaker;
}

/** Y [T, D, N, H], and the last states [D, N, H]: D is 2 where a sequence is gone through both ways. */
function recurrence(kind: Recurrence): ImportRule {
  return (step) => {
    const { graph, node } = step;
    assertPlain(step);
    const direction = step.text("direction", "forward");
    const ways = direction === "bidirectional" ? [false, true] : [direction === "reverse"];
    const results = ways.map((fromEnd, way) => runWay(step, kind, { fromEnd, way, ways: ways.length }));
    const join = (parts: readonly ValueName[], axis: number) =>
      parts.length === 1 ? elementAt(parts, 0) : graph.node("Concat", parts, { axis: int(axis) });
    const isWanted = (output: number) => (node.outputs[output] ?? "") !== "";
    const stacked = () => {
      return join(
        results.map(({ stack }) => {
          const [steps = 0, rows = "N", units = 0] = graph.shapeOf(stack);
          return step.reshape(stack, [steps, 1, rows, units]);
        }),
        1,
      );
    };
    const last = (state: number) => {
      return join(
        results.map(({ states }) => {
          const value = elementAt(states, state);
          return step.reshape(value, [1, ...graph.shapeOf(value)]);
        }),
        0,
      );
    };
    const makers = [stacked, ...Array.from({ length: kind.states }, (_, state) => () => last(state))];
    return makers.map((make, output) => (isWanted(output) ? make() : ""));
  };
}

function assertPlain(step: ImportStep): void {
  if (step.has(4)) throw step.refuse("sequence_lens has no rule: export it for sequences of one length");
  if (step.has(7)) throw step.refuse("peepholes have no rule");
  if (step.int("layout", 0) === 1) throw step.refuse("layout 1 has no rule");
  if (step.int("input_forget", 0) === 1) throw step.refuse("input_forget has no rule");
  for (const name of ["clip", "activation_alpha", "activation_beta"]) {
    if (step.node.attributes[name]) throw step.refuse(`${name} has no rule`);
  }
}

function runWay(
  step: ImportStep,
  kind: Recurrence,
  { fromEnd, way, ways }: { readonly fromEnd: boolean; readonly way: number; readonly ways: number },
): { readonly stack: ValueName; readonly states: readonly ValueName[] } {
  const { graph } = step;
  const ofWay = (place: number) => takeWay(step, step.value(place), { way, ways });
  const turn = (matrix: ValueName) => graph.node("Transpose", [matrix], { perm: ints([1, 0]) });
  const recurrent = turn(ofWay(2));
  const units = Number(elementAt(graph.shapeOf(recurrent), 0));
  const zeros = () => graph.constant(new Array<number>(2 * kind.gates * units).fill(0));
  const cell: ImportedCell = {
    units,
    kernel: turn(ofWay(1)),
    recurrent,
    bias: step.has(3) ? ofWay(3) : zeros(),
    activations: readActivations(step, kind, way),
    resetsAfter: step.int("linear_before_reset", 0) === 1,
  };
  const { sequence, captures, next } = kind.makeStep(
    cell,
    (parts) => projectSequence(step.value(0), parts, graph),
    graph,
  );
  const states = Array.from({ length: kind.states }, (_, state) =>
    step.has(5 + state) ? ofWay(5 + state) : zerosOf(step, sequence, units),
  );
  const result = scan({ states, sequence, captures, step: next, fromEnd, stacksFromEnd: fromEnd }, graph);
  return { stack: result.stack, states: result.states };
}

/** One direction's part of a value [D, …]. */
function takeWay(
  step: ImportStep,
  value: ValueName,
  { way, ways }: { readonly way: number; readonly ways: number },
): ValueName {
  const { graph } = step;
  const shape = graph.shapeOf(value).slice(1);
  const parts = ways === 1 ? [value] : graph.manyOutputs("Split", [value, graph.integers([1, 1])], { axis: int(0) });
  return step.reshape(elementAt(parts, way), shape);
}

/** Zeros [N, units], of as many rows as a sequence [T, N, …] has. */
function zerosOf(step: ImportStep, sequence: ValueName, units: number): ValueName {
  const { graph } = step;
  const bounds = [
    [0, 0],
    [1, units],
    [0, 2],
  ].map((values) => graph.integers(values));
  const first = step.reshape(graph.node("Slice", [sequence, ...bounds]), ["N", units]);
  return graph.node("Clip", [first, graph.constant(0), graph.constant(0)]);
}

function readActivations(step: ImportStep, { activations }: Recurrence, way: number): GateActivations {
  const count = activations.length;
  const given = step.texts("activations")?.slice(way * count, (way + 1) * count) ?? activations;
  return given.map((name) => {
    const activation = ACTIVATIONS.get(name);
    if (activation) return (x, graph) => applyActivation(activation, x, graph);
    throw step.refuse(`the activation ${name} has no rule`);
  });
}

const ACTIVATIONS: ReadonlyMap<string, ActivationSpec> = new Map<string, ActivationSpec>([
  ["HardSigmoid", { kind: "hardSigmoid" }],
  ["Relu", { kind: "relu" }],
  ["Sigmoid", { kind: "sigmoid" }],
  ["Softplus", { kind: "softplus" }],
  ["Softsign", { kind: "softsign" }],
  ["Tanh", { kind: "tanh" }],
]);
