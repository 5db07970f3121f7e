import { elementAt } from "../../../core/element_at.ts";
import { float, int, ints } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import { createLayerNormalizationRule } from "../../ops/normalization.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";

/** Normalisations. */
export const normalizationRules: ImportRules = {
  GroupNormalization: (step) => normalizeGroups(step, step.int("num_groups", 1)),
  InstanceNormalization: (step) => normalizeGroups(step, Number(step.shape(0)[1])),
  LayerNormalization: (step) => {
    const axis = step.axis(-1, step.shape(0).length);
    const bias = step.has(2) ? { bias: step.value(2) } : {};
    return normalizeLayer(step, { x: step.value(0), scale: step.value(1), axis, ...bias });
  },
  "com.microsoft.SkipLayerNormalization": (step) => {
    const sum = step.graph.node("Add", [step.value(0), step.value(1)]);
    const x = step.has(4) ? step.graph.node("Add", [sum, step.value(4)]) : sum;
    const bias = step.has(3) ? { bias: step.value(3) } : {};
    return normalizeLayer(step, { x, scale: step.value(2), axis: step.graph.shapeOf(x).length - 1, ...bias });
  },
  LpNormalization: (step) => {
    const { graph } = step;
    const x = step.value(0);
    const axis = step.axis(-1, graph.shapeOf(x).length);
    const isOfSquares = step.int("p", 2) === 2;
    const powers = isOfSquares ? graph.node("Mul", [x, x]) : graph.node("Abs", [x]);
    const sum = graph.node("ReduceSum", [powers, graph.integers([axis])], { keepdims: int(1) });
    return graph.node("Div", [x, isOfSquares ? graph.node("Sqrt", [sum]) : sum]);
  },
  MeanVarianceNormalization: (step) => {
    const x = step.value(0);
    return standardize(step, x, { axes: step.ints("axes") ?? [0, 2, 3], epsilon: 1e-9 });
  },
  RMSNormalization: normalizeRootMeanSquare,
  SimplifiedLayerNormalization: normalizeRootMeanSquare,
};

/** From an axis on, each sample's values by themselves. */
function normalizeLayer(
  step: ImportStep,
  {
    x,
    scale,
    bias,
    axis,
  }: { readonly x: ValueName; readonly scale: ValueName; readonly bias?: ValueName; readonly axis: number },
): readonly ValueName[] {
  const { graph } = step;
  const lengths = graph.shapeOf(x).slice(axis).map(Number);
  const size = lengths.reduce((product, length) => product * length, 1);
  const inputs = [x, scale, bias ?? graph.constant(new Array<number>(size).fill(0), lengths)];
  const attributes = { axis: int(axis), epsilon: float(step.float("epsilon", 1e-5)) };
  const [y = "", mean = "", inverseDeviation = ""] = graph.manyOutputs("LayerNormalization", inputs, attributes);
  return [graph.group(y, { inputs, rule: createLayerNormalizationRule({ mean, inverseDeviation, axis }) })];
}

/** x / √(mean(x²) + ε) · scale. */
function normalizeRootMeanSquare(step: ImportStep): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const rank = graph.shapeOf(x).length;
  const first = step.axis(-1, rank);
  const axes = Array.from({ length: rank - first }, (_, i) => first + i);
  const mean = graph.node("ReduceMean", [graph.node("Mul", [x, x])], { axes: ints(axes), keepdims: int(1) });
  const root = graph.node("Sqrt", [graph.node("Add", [mean, graph.constant(step.float("epsilon", 1e-5))])]);
  return graph.node("Mul", [graph.node("Div", [x, root]), step.value(1)]);
}

/** Each group of channels of each sample by itself; scale and bias by channel. */
function normalizeGroups(step: ImportStep, groups: number): ValueName {
  const { graph } = step;
  const x = step.value(0);
  const shape = graph.shapeOf(x);
  const channels = Number(elementAt(shape, 1));
  const grouped = step.reshape(x, [elementAt(shape, 0), groups, -1]);
  const normalized = step.reshape(
    standardize(step, grouped, { axes: [2], epsilon: step.float("epsilon", 1e-5) }),
    shape,
  );
  const byChannel = (place: number) => {
    const values = step.value(place);
    const repeats = channels / Number(step.shape(place)[0]);
    const each = repeats === 1 ? values : repeatEach(step, values, repeats);
    return graph.node("Reshape", [each, graph.integers([channels, ...shape.slice(2).map(() => 1)])]);
  };
  return graph.node("Add", [graph.node("Mul", [normalized, byChannel(1)]), byChannel(2)]);
}

/** Up to operator set 20 scale and bias are one number a group. */
function repeatEach(step: ImportStep, values: ValueName, repeats: number): ValueName {
  const column = step.graph.node("Reshape", [values, step.graph.integers([-1, 1])]);
  const ones = step.graph.constant(new Array<number>(repeats).fill(1), [1, repeats]);
  return step.graph.node("Reshape", [step.graph.node("Mul", [column, ones]), step.graph.integers([-1])]);
}

/** (x − mean) / √(variance + ε) over axes. */
function standardize(
  { graph }: ImportStep,
  x: ValueName,
  { axes, epsilon }: { readonly axes: readonly number[]; readonly epsilon: number },
): ValueName {
  const average = (value: ValueName) => graph.node("ReduceMean", [value], { axes: ints(axes), keepdims: int(1) });
  const centred = graph.node("Sub", [x, average(x)]);
  const variance = average(graph.node("Mul", [centred, centred]));
  return graph.node("Div", [centred, graph.node("Sqrt", [graph.node("Add", [variance, graph.constant(epsilon)])])]);
}
