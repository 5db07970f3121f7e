import { elementAt } from "../../../core/element_at.ts";
import { RangeRefusal } from "../../../core/errors/errors.ts";
import type { ImportedNetwork } from "../../import/imported_network.ts";
import { inferOutputShape } from "../../import/infer_output_shape.ts";
import type { ImportedNetworkSpec } from "../../layers/imported_network_layer.ts";
import { isTaskLabels } from "../../layers/input.ts";
import type { LayerSpec, ModelSpec } from "../../layers/layer_spec.ts";
import type { OriginalForm } from "./original_form.ts";

/** The layers of a model that are the nodes of a file, one after another from the samples on. */
export interface OriginalChain {
  readonly calls: readonly ImportedNetworkSpec[];
  /** The shape of what each gives for one sample. */
  readonly shapes: readonly (readonly number[])[];
  readonly origin: NonNullable<ImportedNetwork["origin"]>;
  readonly opset: number;
  readonly change: OriginalForm["change"];
}

/**
 * Finds the nodes of an ONNX file in a model that `onnxModel` made.
 * @throws {RangeRefusal} If the model is another, or an earlier version of Firn made it.
 */
export function findOriginalChain({ name, layers }: ModelSpec): OriginalChain {
  const refuse = (why: string) => new RangeRefusal(`"${name}" cannot leave as it came: ${why}`);
  const calls = layers.filter((layer) => layer.kind === "importedNetwork");
  const [first, ...others] = calls;
  if (!first) throw refuse("it is no network from an ONNX file (onnx:path=FILE)");
  const change = findChange(first, layers);
  const isChain = others.every((call, i) => call.inputs[0] === calls[i]?.name);
  if (!change || !isChain || calls.length > 2) throw refuse("other layers stand before the file's nodes");
  const { origin, opset } = first.network;
  if (!origin)
    throw refuse("an earlier version of Firn made it, which did not note what the file's outputs are called");
  const shapes = calls.map(({ network }) => inferOutputShape(network, network.input.shape, name));
  return { calls, shapes, origin, opset, change };
}

/** What stands between the samples and the first of the file's nodes; undefined for something unknown. */
function findChange(first: ImportedNetworkSpec, layers: readonly LayerSpec[]): OriginalForm["change"] | undefined {
  const find = (name: string | undefined) => layers.find((layer) => layer.name === name);
  const isSamples = (layer: LayerSpec | undefined) => layer?.kind === "input" && !isTaskLabels(layer);
  const before = find(first.inputs[0]);
  if (isSamples(before)) return "none";
  if (!before || !isSamples(find(before.inputs[0]))) return undefined;
  if (before.kind === "flatten") return "flatten";
  return before.kind === "permute" ? "channelsFirst" : undefined;
}

/** The value that the file's nodes end with. */
export function nameLast({ calls }: OriginalChain): string {
  return elementAt(calls, calls.length - 1).network.output;
}
