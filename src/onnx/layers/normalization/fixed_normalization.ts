import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { Shape } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { describeShape } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import type { LayerCall } from "../layer_call.ts";
import type { ParameterSpec } from "../layer_definition.ts";
import { readAxis, readFlag, UnsupportedLayerError } from "../read_setting.ts";

/** Keras's Normalization: by means and variances that were measured once, and that no training moves. */
export interface FixedNormalizationSpec extends LayerCall {
  readonly kind: "fixedNormalization";
  /** The layer that owns `mean` and `variance` [C], where they are not settings. */
  readonly layer: string;
  /** Of the features: the last. */
  readonly axis: number;
  /** Of the features, or of all values alike. */
  readonly statistics?: { readonly mean: readonly number[]; readonly variance: readonly number[] };
  /** True multiplies by the deviation and adds the mean. */
  readonly isInverse: boolean;
}

/** The deviation is at least this, as in Keras. */
export const LEAST_DEVIATION = 1e-7;

/** @throws {UnsupportedLayerError} If there are several axes, or one of mean and variance is given alone. */
export function parseFixedNormalization(layer: LayerJson, call: LayerCall): FixedNormalizationSpec {
  const { mean, variance } = layer.config;
  const statistics = readStatistics(layer, mean, variance);
  const isOfAll = layer.config.axis === null && statistics !== undefined;
  const axis = isOfAll ? -1 : readAxis(layer, "axis", -1);
  const isInverse = readFlag(layer, "invert", false);
  const spec = { ...call, kind: "fixedNormalization", layer: layer.config.name, axis, isInverse } as const;
  return statistics ? { ...spec, statistics } : spec;
}

function readStatistics(layer: LayerJson, mean: unknown, variance: unknown): FixedNormalizationSpec["statistics"] {
  if ((mean ?? null) === null && (variance ?? null) === null) return undefined;
  const [means, variances] = [mean, variance].map((value) => [value].flat(8));
  if (means && variances && means.every(isNumber) && variances.every(isNumber)) {
    return { mean: means, variance: variances };
  }
  throw new UnsupportedLayerError(layer, "its mean and variance must be numbers", { byTfjs: false });
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

/** mean and variance [C], for an input [N, …, C], which no training moves; none where they are settings. */
export function describeFixedNormalization(
  { layer, axis, statistics }: FixedNormalizationSpec,
  [input = []]: readonly Shape[],
): ParameterSpec[] {
  const features = input.at(-1);
  if (typeof features !== "number" || (axis !== -1 && axis !== input.length - 1)) {
    throw new RangeRefusal(needs("Normalization", `features on the last axis of ${describeShape(input)}`, axis));
  }
  if (statistics) return [];
  return ["mean", "variance"].map((tensor) => ({ name: `${layer}/${tensor}`, shape: [features], isTrainable: false }));
}

/** [N, …, C]: (x − mean) / max(√variance, 10⁻⁷), or the way back. */
export function convertFixedNormalization(layer: FixedNormalizationSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const read = (name: "mean" | "variance") => {
    const given = layer.statistics?.[name];
    return given ? graph.constant([...given], [given.length]) : graph.state(`${layer.layer}/${name}`);
  };
  const least = graph.constant(LEAST_DEVIATION);
  const deviation = graph.node("Max", [graph.node("Sqrt", [read("variance")]), least]);
  if (layer.isInverse) return graph.node("Add", [graph.node("Mul", [x, deviation]), read("mean")]);
  return graph.node("Div", [graph.node("Sub", [x, read("mean")]), deviation]);
}
