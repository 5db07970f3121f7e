import { toOnnxGraph } from "../file/encode_graph.ts";
import { type Attributes, int, ints, type ValueInfo, type ValueType } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import { GraphBuilder } from "../graph_builder.ts";

/** A graph within `graph`, which knows some of its values. */
export function createBody(prefix: string, captures: readonly ValueName[], graph: GraphBuilder): GraphBuilder {
  const body = new GraphBuilder((name) => name, { prefix, kernelGradient: graph.kernelGradient });
  for (const name of captures) body.receive(name, graph.typeOf(name));
  return body;
}

/** A Scan to be added. */
export interface PlannedScan {
  readonly body: GraphBuilder;
  /** The states, then parts of sequences; those that the body has no use for are left out with their sequences. */
  readonly bodyInputs: readonly ValueInfo[];
  /** The states, then what is stacked. */
  readonly bodyOutputs: readonly ValueName[];
  /** One an input of the body. */
  readonly inputs: readonly ValueName[];
  /** One a sequence: 0 from its start, 1 from its end. */
  readonly inputDirections: readonly number[];
  /** One a stack: 0 adds what a step gives behind, 1 in front. */
  readonly outputDirections: readonly number[];
}

/** Finishes the body and adds the Scan; gives the last states, then the stacks. */
export function addScan(planned: PlannedScan, graph: GraphBuilder): readonly ValueName[] {
  const { body, bodyInputs, bodyOutputs, inputs, inputDirections, outputDirections } = planned;
  for (const [i, value] of bodyOutputs.entries()) body.output(`${body.prefix}out${i}`, value, { kind: "outputs" });
  const finished = body.finish();
  const used = new Set(finished.nodes.flatMap((node) => node.inputs));
  const states = bodyInputs.length - inputDirections.length;
  const isKept = (_: unknown, place: number) => place < states || used.has(bodyInputs[place]?.name ?? "");
  const directions = inputDirections.filter((_, i) => isKept(undefined, states + i));
  const attributes: Attributes = {
    body: { kind: "graph", value: { ...toOnnxGraph(finished, body.prefix), inputs: bodyInputs.filter(isKept) } },
    num_scan_inputs: int(directions.length),
    scan_input_directions: ints(directions),
    scan_output_directions: ints(outputDirections),
  };
  return graph.manyOutputs("Scan", inputs.filter(isKept), attributes);
}

/** What one step sees of a sequence [T, …]. */
export function elementType(sequence: ValueName, graph: GraphBuilder): ValueType {
  const { shape, dataType } = graph.typeOf(sequence);
  return { shape: shape.slice(1), dataType };
}
