import { needs, RangeRefusal } from "../../../core/errors/errors.ts";
import type { ValueName } from "../../graph.ts";
import { resolveAxis } from "../../shape.ts";
import type { LayerJson } from "../../topology/topology_schema.ts";
import { hasChannelsFirst, putChannelsFirst, putChannelsLast } from "../channels_first.ts";
import { type ClassFamily, type Conversion, type LayerFamily, never, type ParameterSpec } from "../layer_definition.ts";
import { passMask } from "../masking.ts";
import { readAxes, readAxis, readFlag, readInteger, readNumber, UnsupportedLayerError } from "../read_setting.ts";
import { type BatchNormalizationSpec, convertBatchNormalization } from "./batch_normalization.ts";
import {
  convertFixedNormalization,
  describeFixedNormalization,
  type FixedNormalizationSpec,
  parseFixedNormalization,
} from "./fixed_normalization.ts";
import { convertGroupNormalization, type GroupNormalizationSpec } from "./group_normalization.ts";
import { convertLayerNormalization, type LayerNormalizationSpec } from "./layer_normalization.ts";
import { convertStandardization, describeStandardization, type StandardizationSpec } from "./standardization.ts";

/** Any layer that normalises. */
export type NormalizationSpec =
  | BatchNormalizationSpec
  | FixedNormalizationSpec
  | GroupNormalizationSpec
  | LayerNormalizationSpec
  | StandardizationSpec;

/** Layers that normalise. */
export const normalizationLayers = {
  batchNormalization: {
    /** gamma and beta [C], moving mean and variance [C] without gradients, for an input [N, …, C]. */
    parameters(layer, [input = []]) {
      const channels = input.at(-1);
      if (typeof channels !== "number") {
        throw new RangeRefusal(needs(`layer "${layer.name}"`, "an input [N, …, channels]", input));
      }
      const moving = ["moving_mean", "moving_variance"].map((name) => ({
        name: `${layer.layer}/${name}`,
        shape: [channels],
        isTrainable: false,
      }));
      return [...describeScaleAndShift(layer, [channels]), ...moving];
    },
    convert: (layer, [x = ""], conversion) => normalizeInOrder(layer, x, conversion),
    dependsOnMode: ({ isFrozen }) => !isFrozen,
    mask: passMask,
  },
  fixedNormalization: {
    parameters: describeFixedNormalization,
    convert: (layer, [x = ""], { graph }) => convertFixedNormalization(layer, x, graph),
    dependsOnMode: never,
    mask: passMask,
  },
  groupNormalization: {
    /** gamma and beta [C] for an input [N, …, C]. */
    parameters: (layer, [input = []]) => describeScaleAndShift(layer, [Number(input.at(-1))]),
    convert: (layer, [x = ""], { graph }) => convertGroupNormalization(layer, x, graph),
    dependsOnMode: never,
    mask: passMask,
  },
  layerNormalization: {
    /** gamma and beta of the lengths of the layer's axes, in the layer's own order. */
    parameters(layer, [input = []]) {
      const lengths = layer.axes.map((axis) => Number(input[resolveAxis(axis, input.length)]));
      if (lengths.some(Number.isNaN)) {
        throw new RangeRefusal(needs(`layer "${layer.name}"`, "axes other than the batch's", layer.axes));
      }
      return describeScaleAndShift(layer, lengths);
    },
    convert: (layer, [x = ""], { graph }) => convertLayerNormalization(layer, x, graph),
    dependsOnMode: never,
    mask: passMask,
  },
  standardization: {
    parameters: describeStandardization,
    convert: (layer, [x = ""], { graph }) => convertStandardization(layer, x, graph),
    dependsOnMode: never,
  },
} satisfies LayerFamily<NormalizationSpec>;

/** Their classes in TF.js. */
export const normalizationClasses = {
  BatchNormalization: (layer, call) => ({
    ...call,
    ...readNormalization(layer),
    kind: "batchNormalization",
    axis: readAxis(layer, "axis", -1),
    momentum: readMomentum(layer),
    isFrozen: layer.config.trainable === false,
  }),
  GroupNormalization: (layer, call) => {
    if (readAxis(layer, "axis", -1) !== -1) {
      throw new UnsupportedLayerError(layer, "its axis must be the last", { byTfjs: false });
    }
    const groups = readInteger(layer, "groups", { minimum: -1, fallback: 32 });
    return { ...call, ...readNormalization(layer), kind: "groupNormalization", groups };
  },
  LayerNormalization: (layer, call) => ({
    ...call,
    ...readNormalization(layer),
    kind: "layerNormalization",
    axes: readAxes(layer, "axis", [-1]),
  }),
  Normalization: parseFixedNormalization,
  Standardization: (layer, call) => ({ ...call, kind: "standardization", layer: layer.config.name }),
} satisfies ClassFamily<NormalizationSpec>;

/** Outside [0, 1], moving statistics run away; a layer that is frozen does not move any. */
function readMomentum(layer: LayerJson): number {
  const momentum = readNumber(layer, "momentum", { fallback: 0.99 });
  if (layer.config.trainable === false || (momentum >= 0 && momentum <= 1)) return momentum;
  throw new UnsupportedLayerError(layer, `momentum must be from 0 to 1, got ${momentum}`, { byTfjs: false });
}

function readNormalization(layer: LayerJson) {
  return {
    layer: layer.config.name,
    epsilon: readNumber(layer, "epsilon", { minimum: 0, fallback: 1e-3 }),
    center: readFlag(layer, "center", true),
    scale: readFlag(layer, "scale", true),
  };
}

function describeScaleAndShift(
  { layer, scale, center }: BatchNormalizationSpec | GroupNormalizationSpec | LayerNormalizationSpec,
  shape: readonly number[],
): ParameterSpec[] {
  const names = [...(scale ? ["gamma"] : []), ...(center ? ["beta"] : [])];
  return names.map((name) => ({ name: `${layer}/${name}`, shape, isTrainable: true }));
}

/** Between convolutions, where channels lie first in memory, they are normalised as they lie. */
function normalizeInOrder(layer: BatchNormalizationSpec, x: ValueName, conversion: Conversion): ValueName {
  const { graph, mode, masks: [mask] = [] } = conversion;
  if (mask !== undefined || !hasChannelsFirst(x, graph)) {
    return convertBatchNormalization(layer, x, { mode, channelAxis: graph.shapeOf(x).length - 1, mask }, graph);
  }
  const y = convertBatchNormalization(layer, putChannelsFirst(x, graph), { mode, channelAxis: 1 }, graph);
  return putChannelsLast(y, graph);
}
