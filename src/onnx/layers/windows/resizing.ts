import { elementAt } from "../../../core/element_at.ts";
import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import { string } from "../../file/onnx_model.ts";
import type { ValueName } from "../../graph.ts";
import type { GraphBuilder } from "../../graph_builder.ts";
import { createResizing } from "../../ops/resizing_matrix.ts";
import { describeShape } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { putChannelsFirst, putChannelsLast } from "../channels_first.ts";
import type { LayerCall } from "../layer_call.ts";
import { type ClassFamily, type LayerFamily, never, noParameters } from "../layer_definition.ts";
import {
  assertChannelsLast,
  type Margin,
  readChoice,
  readInteger,
  readIntegers,
  readMargins,
  UnsupportedLayerError,
} from "../read_setting.ts";

/** Zeros around images [N, H, W, C], sequences or volumes; of each axis the number before and behind. */
interface ZeroPaddingSpec extends LayerCall {
  readonly kind: "zeroPadding";
  readonly pads: readonly Margin[];
}

/** Takes pixels off images [N, H, W, C], sequences or volumes; of each axis the number before and behind. */
interface CroppingSpec extends LayerCall {
  readonly kind: "cropping";
  readonly pads: readonly Margin[];
}

/** Enlarges images [N, H, W, C], sequences or volumes by a whole factor an axis. */
interface UpSamplingSpec extends LayerCall {
  readonly kind: "upSampling";
  readonly factors: readonly number[];
  readonly interpolation: "nearest" | "bilinear";
}

/** How pixels of another size come of those that there are. */
export type Interpolation = "nearest" | "bilinear";

/** Images [N, H, W, C] in another size, pixels counted from their centres. */
interface CentredResizingSpec extends LayerCall {
  readonly kind: "centredResizing";
  /** Height and width. */
  readonly size: readonly [number, number];
  readonly interpolation: Interpolation;
}

/** Any layer that changes the size of images. */
export type ResizingLayerSpec = ZeroPaddingSpec | CroppingSpec | UpSamplingSpec | CentredResizingSpec;

/** Layers that change the size of images. None has parameters. */
export const resizingLayers = {
  zeroPadding: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertZeroPadding(layer, x, graph),
    dependsOnMode: never,
  },
  cropping: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertCropping(layer, x, graph),
    dependsOnMode: never,
  },
  upSampling: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertUpSampling(layer, x, graph),
    dependsOnMode: never,
  },
  centredResizing: {
    parameters: noParameters,
    convert: (layer, [x = ""], { graph }) => convertCentredResizing(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<ResizingLayerSpec>;

/** Their classes in TF.js. */
export const resizingClasses = {
  ZeroPadding1D: (layer, call) => parseZeroPadding(layer, call, 1),
  ZeroPadding2D: (layer, call) => parseZeroPadding(layer, call, 2),
  ZeroPadding3D: (layer, call) => parseZeroPadding(layer, call, 3),
  Cropping1D: (layer, call) => parseCropping(layer, call, 1),
  Cropping2D: (layer, call) => parseCropping(layer, call, 2),
  Cropping3D: (layer, call) => parseCropping(layer, call, 3),
  Resizing: parseResizing,
  UpSampling1D: (layer, call) => parseRepeating(layer, call, 1),
  UpSampling2D: (layer, call) => {
    assertChannelsLast(layer);
    return {
      ...call,
      kind: "upSampling",
      factors: readIntegers(layer, "size", { minimum: 1 }),
      interpolation: readChoice(layer, "interpolation", ["nearest", "bilinear"], "nearest"),
    };
  },
  UpSampling3D: (layer, call) => parseRepeating(layer, call, 3),
} satisfies ClassFamily<ResizingLayerSpec>;

function parseZeroPadding(layer: LayerJson, call: LayerCall, axes: number): ZeroPaddingSpec {
  assertChannelsLast(layer);
  return { ...call, kind: "zeroPadding", pads: readMargins(layer, "padding", axes) };
}

function parseCropping(layer: LayerJson, call: LayerCall, axes: number): CroppingSpec {
  assertChannelsLast(layer);
  return { ...call, kind: "cropping", pads: readMargins(layer, "cropping", axes) };
}

function parseRepeating(layer: LayerJson, call: LayerCall, axes: number): UpSamplingSpec {
  assertChannelsLast(layer);
  const factors = readIntegers(layer, "size", { minimum: 1, count: axes, repeats: true });
  return { ...call, kind: "upSampling", factors, interpolation: "nearest" };
}

function parseResizing(layer: LayerJson, call: LayerCall): CentredResizingSpec {
  assertChannelsLast(layer);
  const other = ["crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias"].find((key) => layer.config[key] === true);
  if (other !== undefined) throw new UnsupportedLayerError(layer, `${other} is true`, { byTfjs: false });
  const read = (key: string) => readInteger(layer, key, { minimum: 1 });
  const interpolation = readChoice(layer, "interpolation", ["nearest", "bilinear"], "bilinear");
  return { ...call, kind: "centredResizing", size: [read("height"), read("width")], interpolation };
}

/**
 * Resizing of an axis as a matrix [from, to], row-major: column i holds the shares that the values have in place i,
 * which lies at (i + ½) · from / to − ½.
 */
export function createCentredResizing({
  from,
  to,
  interpolation,
}: {
  readonly from: number;
  readonly to: number;
  readonly interpolation: Interpolation;
}): number[] {
  const mode = interpolation === "nearest" ? "nearest" : "linear";
  const settings = { coordinates: "half_pixel", rounding: "round_prefer_ceil", cubicCoefficient: 0 };
  return createResizing({ from, to, scale: to / from, mode, ...settings });
}

/** Images in another size: two products with matrices, whose way back is one, too. */
function convertCentredResizing(layer: CentredResizingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  const shape = graph.shapeOf(x);
  const [, height, width, channels] = shape.map(Number);
  if (shape.length !== 4 || height === undefined || width === undefined || channels === undefined) {
    throw new RangeRefusal(needs("Resizing", "an input [N, H, W, C]", describeShape(shape)));
  }
  const [toHeight, toWidth] = layer.size;
  const { interpolation } = layer;
  const [rows, columns] = [
    graph.constant(transposed(createCentredResizing({ from: height, to: toHeight, interpolation }), toHeight), [
      toHeight,
      height,
    ]),
    graph.constant(createCentredResizing({ from: width, to: toWidth, interpolation }), [width, toWidth]),
  ];
  const wide = graph.node("MatMul", [putChannelsFirst(x, graph), columns]);
  return putChannelsLast(graph.node("MatMul", [rows, wide]), graph);
}

/** [a, columns] to [columns, a], row-major. */
function transposed(matrix: readonly number[], columns: number): number[] {
  const rows = matrix.length / columns;
  return Array.from(matrix, (_, i) => elementAt(matrix, (i % rows) * columns + Math.floor(i / rows)));
}

/** Zeros around images [N, H, W, C]: Pad-13. */
function convertZeroPadding({ pads }: ZeroPaddingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  assertRank("the padding", x, pads, graph);
  const before = [0, ...pads.map(([length]) => length), 0];
  const behind = [0, ...pads.map(([, length]) => length), 0];
  return graph.node("Pad", [x, graph.integers([...before, ...behind])]);
}

/** @throws {RangeError} If x has not an axis for each of these, besides rows and channels. */
function assertRank(what: string, x: ValueName, axes: readonly unknown[], graph: GraphBuilder): void {
  const shape = graph.shapeOf(x);
  if (shape.length === axes.length + 2) return;
  throw new RangeRefusal(needs(what, `an input of rank ${axes.length + 2}`, describeShape(shape)));
}

/** Images [N, H, W, C] without some of their rows and columns: Slice-13. */
function convertCropping({ pads }: CroppingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  assertRank("the cropping", x, pads, graph);
  const shape = graph.shapeOf(x);
  if (pads.some(([before, behind], axis) => before + behind >= Number(shape[axis + 1]))) {
    throw new RangeRefusal(needs("the cropping", "something left of each axis", describeShape(shape)));
  }
  const starts = pads.map(([length]) => length);
  const ends = pads.map(([, length], axis) => Number(shape[axis + 1]) - length);
  const axes = pads.map((_, axis) => axis + 1);
  return graph.node("Slice", [x, ...[starts, ends, axes].map((values) => graph.integers(values))]);
}

/**
 * Images [N, H, W, C] by whole factors: Resize-13. The pixel i of the result lies at i / factor of the input, as in
 * TF.js's resizing without centred pixels: there it takes the pixel before, or a value between that and the next.
 */
function convertUpSampling(layer: UpSamplingSpec, x: ValueName, graph: GraphBuilder): ValueName {
  assertRank("the enlargement", x, layer.factors, graph);
  const mode = layer.interpolation === "nearest" ? "nearest" : "linear";
  const attributes = {
    mode: string(mode),
    coordinate_transformation_mode: string("asymmetric"),
    ...(mode === "nearest" ? { nearest_mode: string("floor") } : {}),
  };
  const scales = graph.constant([1, 1, ...layer.factors]);
  return putChannelsLast(graph.node("Resize", [putChannelsFirst(x, graph), "", scales], attributes), graph);
}
