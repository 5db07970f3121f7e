import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Shape } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { type ClassFamily, type LayerFamily, never, type ParameterSpec } from "../layer_definition.ts";
import { readFlag, readInteger, readIntegers, readNumber } from "../read_setting.ts";
import { type MaskedHead, maskLogits } from "./mask_logits.ts";
import { convertMultiHeadClassifier, type MultiHeadClassifierSpec } from "./multi_head_classifier.ts";

/** A linear classifier [N, in] to [N, units], masked by `active` [units]. */
interface IncrementalClassifierSpec extends MaskedHead {
  readonly kind: "incrementalClassifier";
  readonly units: number;
}

/** Any head that grows with classes and tasks. */
export type GrowingHeadSpec = IncrementalClassifierSpec | MultiHeadClassifierSpec;

/** Heads that grow with classes and tasks. */
export const growingHeadLayers = {
  incrementalClassifier: {
    parameters: (layer, inputs) => describeHead(layer, inputs, { heads: [], units: layer.units }),
    convert: (layer, [x = ""], { graph }) => convertIncrementalClassifier(layer, x, graph),
    dependsOnMode: never,
  },
  multiHeadClassifier: {
    parameters: (layer, inputs) =>
      describeHead(layer, inputs, { heads: [layer.headUnits.length], units: Math.max(...layer.headUnits) }),
    convert: convertMultiHeadClassifier,
    dependsOnMode: never,
  },
} satisfies LayerFamily<GrowingHeadSpec>;

/** Their classes in TF.js: our own. */
export const growingHeadClasses = {
  IncrementalClassifier: (layer, call) => ({
    ...call,
    ...readMasking(layer),
    kind: "incrementalClassifier",
    units: readInteger(layer, "units", { minimum: 1 }),
  }),
  MultiHeadClassifier: (layer, call) => ({
    ...call,
    ...readMasking(layer),
    kind: "multiHeadClassifier",
    sharesTask: false,
    headUnits: readIntegers(layer, "head_units", { minimum: 0, count: 1 }),
  }),
} satisfies ClassFamily<GrowingHeadSpec>;

function readMasking(layer: LayerJson) {
  return {
    layer: layer.config.name,
    masking: readFlag(layer, "masking", true),
    maskValue: readNumber(layer, "mask_value", { fallback: -1000 }),
  };
}

/** kernel [in, units], bias and `active` [units]; with several heads [tasks, …] of each. */
function describeHead(
  { name, layer }: MaskedHead,
  inputs: readonly Shape[],
  { heads, units }: { readonly heads: readonly number[]; readonly units: number },
): ParameterSpec[] {
  const features = readFeatures(name, inputs);
  return [
    { name: `${layer}/kernel`, shape: [...heads, features, units], isTrainable: true },
    { name: `${layer}/bias`, shape: [...heads, units], isTrainable: true },
    { name: `${layer}/active`, shape: [...heads, units], isTrainable: false },
  ];
}

/** The width of a first input [N, in]. @throws {RangeError} If it is another. */
export function readFeatures(name: string, inputs: readonly Shape[]): number {
  const [, features, ...others] = elementAt(inputs, 0);
  if (typeof features === "number" && others.length === 0) return features;
  throw new RangeRefusal(needs(`layer "${name}"`, "an input [N, in]", inputs[0]));
}

/** Incremental classifier, [N, in] to [N, units]: Gemm-13, then the mask. */
function convertIncrementalClassifier(layer: IncrementalClassifierSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const kernel = graph.parameter(`${layer.layer}/kernel`);
  const logits = graph.node("Gemm", [x, kernel, graph.parameter(`${layer.layer}/bias`)]);
  if (!layer.masking) return logits;
  return maskLogits(logits, { active: graph.parameter(`${layer.layer}/active`), maskValue: layer.maskValue }, graph);
}
