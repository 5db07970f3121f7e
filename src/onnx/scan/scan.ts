import { elementAt } from "../../core/element_at.ts";
import type { ValueInfo } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { addScan, createBody, elementType } from "./add_scan.ts";
import { differentiateScan } from "./differentiate_scan.ts";
import type { ScanOptions, StepInput } from "./scan_options.ts";

/** The first state, after the last step and after every step. */
export interface ScanResult {
  /** [N, …] */
  readonly last: ValueName;
  /** All states after the last step, `last` the first of them. */
  readonly states: readonly ValueName[];
  /** [T, N, …] */
  readonly stack: ValueName;
}

/**
 * Scan-16: a step is in the graph once, however long the sequence is. Unrolled, an LSTM over 200 times had 2,210 nodes
 * and took half a minute to load; its steps run as fast either way. It is differentiated by a Scan backwards.
 */
export function scan(options: ScanOptions, graph: GraphBuilder): ScanResult {
  const { states, sequence, captures, fromEnd, stacksFromEnd } = options;
  const body = createBody(`scan_${graph.nodes.length}/`, captures, graph);
  const saved: ValueName[] = [];
  const input: StepInput = {
    states: states.map((name, i) => body.receive(`${body.prefix}state${i}`, graph.typeOf(name))),
    element: body.receive(`${body.prefix}element`, elementType(sequence, graph)),
    save(value) {
      saved.push(value);
      return value;
    },
  };
  const after = options.step(input, body);
  const outputs = addScan(
    {
      body,
      bodyInputs: [...input.states, input.element].map((name): ValueInfo => ({ name, ...body.typeOf(name) })),
      bodyOutputs: [...after, ...after, ...saved],
      inputs: [...states, sequence],
      inputDirections: [fromEnd ? 1 : 0],
      outputDirections: [...after, ...saved].map(() => (stacksFromEnd ? 1 : 0)),
    },
    graph,
  );
  const count = states.length;
  const stacks = { states: outputs.slice(count, 2 * count), saved: outputs.slice(2 * count) };
  const last = graph.group(elementAt(outputs, 0), {
    inputs: [...states, sequence, ...captures],
    rule: (step) => differentiateScan({ options, stacks, step }, graph),
  });
  return { last, states: outputs.slice(0, count), stack: elementAt(outputs, count) };
}
