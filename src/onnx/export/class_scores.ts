import { elementAt, valueAt } from "../../core/element_at.ts";
import { needs, RangeRefusal } from "../../core/errors/errors.ts";
import { concatVectors } from "../../core/vector.ts";
import { int, ints } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { sampleShapeOf } from "../shape.ts";
import {
  type CosineHead,
  type LinearHead,
  type MahalanobisHead,
  type NearestMeanHead,
  type RandomFeaturesHead,
  type ScoringHead,
  UNKNOWN_MARGIN,
  type VectorsByClass,
} from "./prediction_head.ts";

/** What stands before a head, and how wide its scores are. */
export interface HeadInputs {
  /** [N, C]: the network's outputs, or what another head has made of them. */
  readonly logits: ValueName;
  /** The features [N, F] of a layer. @throws {RangeError} If there is no such layer. */
  featuresOf(layerName: string): ValueName;
  /** The network's outputs [N, C] with other parameters [P] than its own. */
  logitsWith(parameters: Float32Array): ValueName;
  /** The number of classes; more where a head knows of more. */
  readonly classes: number;
  /** What the head's tensors are called in the file. */
  readonly name: string;
}

/**
 * Adds a head's scores of the K classes that it knows, [N, K], in the order of its vectors.
 * @throws {RangeError} If it does not fit what it stands on.
 */
export function scoreKnownClasses(head: ScoringHead, inputs: HeadInputs, graph: GraphBuilder): ValueName {
  switch (head.kind) {
    case "nearestMean":
      return scoreByNearestMean(head, inputs, graph);
    case "mahalanobis":
      return scoreByMahalanobis(head, inputs, graph);
    case "linear":
      return scoreByPlanes(head, inputs, graph);
    case "cosine":
      return scoreByCosines(head, inputs, graph);
    case "randomFeatures":
      return scoreByRandomFeatures(head, inputs, graph);
  }
}

/**
 * Scores [N, K] of the classes `ids`, put where their ids say: [N, C], with C at least `classes`. Other classes get the
 * least score less a margin.
 */
export function spreadScores(
  scores: ValueName,
  { ids, classes }: { readonly ids: readonly number[]; readonly classes: number },
  graph: GraphBuilder,
): ValueName {
  const columns = Math.max(classes, ...ids.map((id) => id + 1));
  const least = graph.node("Neg", [graph.node("ReduceMax", [graph.node("Neg", [scores])], { axes: ints([1]) })]);
  const unknown = graph.node("Sub", [least, graph.constant(UNKNOWN_MARGIN)]);
  const all = graph.node("Concat", [scores, unknown], { axis: int(1) });
  const placeOf = new Map(ids.map((id, place) => [id, place]));
  const places = Array.from({ length: columns }, (_, column) => placeOf.get(column) ?? ids.length);
  return graph.node("Gather", [all, graph.integers(places)], { axis: int(1) });
}

/** −|x − μ| for every mean. Differences rather than products: these lose their digits where distances are small. */
function scoreByNearestMean(
  { layerName, means, normalize }: NearestMeanHead,
  { featuresOf, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const features = featuresOf(layerName);
  const x = normalize ? scaleToOne(features, graph) : features;
  const differences = subtractMeans(x, { means, name }, graph);
  return graph.node("Neg", [graph.node("Sqrt", [sumSquares(differences, graph)])]);
}

/** −|W(t(x) − μ)|² for every mean. */
function scoreByMahalanobis(
  { layerName, means, whitenings, tukeyLambda }: MahalanobisHead,
  { featuresOf, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const x = scaleToOne(addTukey(featuresOf(layerName), tukeyLambda, graph), graph);
  const differences = subtractMeans(x, { means, name }, graph);
  const [, width = 0] = graph.shapeOf(x);
  // Rows are multiplied from the left: by the transposed.
  const transposed = [...means.keys()].map((id) => transpose(valueAt(whitenings, id), Number(width)));
  const shape = [means.size, Number(width), Number(width)];
  const whitening = graph.initializer(`${name}/whitenings`, shape, concatVectors(transposed));
  return graph.node("Neg", [sumSquares(graph.node("MatMul", [differences, whitening]), graph)]);
}

/** (x − centre) · normals + offsets: one Gemm. */
function scoreByPlanes(
  { layerName, centre, planes }: LinearHead,
  { featuresOf, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const x = graph.node("Sub", [featuresOf(layerName), addVector(`${name}/centre`, centre, graph)]);
  const all = [...planes.values()];
  const normals = all.map(({ normal }) => normal);
  const offsets = all.map(({ offset }) => offset);
  const kernel = addColumns(`${name}/normals`, { vectors: normals, length: centre.length }, graph);
  return graph.node("Gemm", [x, kernel, addVector(`${name}/offsets`, offsets, graph)]);
}

/** The outputs, at length 1, times the prototypes; those of before the outputs grew are zero in the new ones. */
function scoreByCosines({ prototypes }: CosineHead, { logits, name }: HeadInputs, graph: GraphBuilder): ValueName {
  const { length } = listColumns(logits, graph);
  const kernel = addColumns(`${name}/prototypes`, { vectors: [...prototypes.values()], length }, graph);
  return graph.node("MatMul", [scaleToOne(logits, graph), kernel]);
}

/** max(0, xP) · weights */
function scoreByRandomFeatures(
  { layerName, projection, weights }: RandomFeaturesHead,
  { featuresOf, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const { data, rows, columns } = projection;
  const x = featuresOf(layerName);
  const vectors = Array.from({ length: rows }, (_, i) => data.subarray(i * columns, (i + 1) * columns));
  const kernel = addColumns(`${name}/projection`, { vectors, length: columns }, graph);
  const features = graph.node("Relu", [graph.node("MatMul", [x, kernel])]);
  return graph.node("MatMul", [
    features,
    addColumns(`${name}/weights`, { vectors: [...weights.values()], length: rows }, graph),
  ]);
}

/** Rows [N, F] less each of K means: [K, N, F]. */
function subtractMeans(
  x: ValueName,
  { means, name }: { readonly means: VectorsByClass; readonly name: string },
  graph: GraphBuilder,
): ValueName {
  const [, width = 0] = graph.shapeOf(x);
  assertWidth(means, width);
  const values = concatVectors([...means.values()].map((mean) => Float32Array.from(mean)));
  return graph.node("Sub", [x, graph.initializer(`${name}/means`, [means.size, 1, Number(width)], values)]);
}

/** Squared lengths [N, K] of vectors [K, N, F]. */
function sumSquares(x: ValueName, graph: GraphBuilder): ValueName {
  const squares = graph.node("ReduceSum", [graph.node("Mul", [x, x]), graph.integers([2])], { keepdims: int(0) });
  return graph.node("Transpose", [squares], { perm: ints([1, 0]) });
}

/** Rows [N, F] at length 1; a row of zeros stays. */
function scaleToOne(x: ValueName, graph: GraphBuilder): ValueName {
  const length = graph.node("Sqrt", [graph.node("ReduceSum", [graph.node("Mul", [x, x]), graph.integers([1])])]);
  const isPositive = graph.node("Greater", [length, graph.constant(0)]);
  return graph.node("Div", [x, graph.node("Where", [isPositive, length, graph.constant(1)])]);
}

/** sign(x)|x|^λ */
function addTukey(x: ValueName, lambda: number, graph: GraphBuilder): ValueName {
  if (lambda === 1) return x;
  const power = graph.node("Pow", [graph.node("Abs", [x]), graph.constant(lambda)]);
  const isNegative = graph.node("Greater", [graph.constant(0), x]);
  return graph.node("Where", [isNegative, graph.node("Neg", [power]), power]);
}

/** Vectors of K classes as columns [length, K], with zeros below those that are shorter. */
function addColumns(
  name: string,
  { vectors, length }: { readonly vectors: readonly Float64Array[]; readonly length: number },
  graph: GraphBuilder,
): ValueName {
  const { length: count } = vectors;
  const values = Float32Array.from({ length: length * count }, (_, at) => {
    return elementAt(vectors, at % count)[Math.floor(at / count)] ?? 0;
  });
  return graph.initializer(name, [length, count], values);
}

/** Of a matrix [n, n]. */
function transpose(matrix: Float64Array, n: number): Float32Array {
  return Float32Array.from({ length: n * n }, (_, at) => elementAt(matrix, (at % n) * n + Math.floor(at / n)));
}

function assertWidth(vectors: VectorsByClass, width: unknown): void {
  for (const { length } of vectors.values()) {
    if (length !== width) throw new RangeRefusal(needs("the classifier", `${width} of them`, length));
  }
}

/** A vector [length] of the file. */
export function addVector(name: string, values: ArrayLike<number>, graph: GraphBuilder): ValueName {
  return graph.initializer(name, [values.length], Float32Array.from(values));
}

/** The columns of logits [N, C]: 0 to C − 1. */
export function listColumns(logits: ValueName, graph: GraphBuilder): number[] {
  const [columns = 0] = sampleShapeOf(graph.shapeOf(logits));
  return Array.from({ length: columns }, (_, column) => column);
}
