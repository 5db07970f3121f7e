import { z } from "zod";
import type { LayerCall } from "../specs/layer_call.ts";
import type { WindowLayerSpec } from "../specs/window_specs.ts";
import type { WindowSettings } from "../specs/windows.ts";
import { readActivation } from "./read_activation.ts";
import { readSetting, UnsupportedLayerError } from "./read_setting.ts";
import type { LayerJson } from "./topology_schema.ts";

const count = z.number().int().positive();
const pair = z.tuple([z.number().int().nonnegative(), z.number().int().nonnegative()]);

/** The classes of layers that `parseWindowLayer` reads. */
export const WINDOW_LAYER_CLASSES = [
  "Conv1D",
  "Conv2D",
  "DepthwiseConv2D",
  "SeparableConv2D",
  "Conv2DTranspose",
  "MaxPooling1D",
  "MaxPooling2D",
  "AveragePooling1D",
  "AveragePooling2D",
  "GlobalMaxPooling1D",
  "GlobalMaxPooling2D",
  "GlobalAveragePooling1D",
  "GlobalAveragePooling2D",
  "ZeroPadding2D",
  "Cropping2D",
  "UpSampling2D",
] as const;

/** A class of layers that `parseWindowLayer` reads. */
export type WindowLayerClass = (typeof WINDOW_LAYER_CLASSES)[number];

/** True for the classes that `parseWindowLayer` reads. */
export function isWindowLayerClass(className: string): className is WindowLayerClass {
  return WINDOW_LAYER_CLASSES.some((known) => known === className);
}

/**
 * One call of a convolution, a pool or another layer on spatial axes from tfjs' JSON.
 * @throws {UnsupportedLayerError} If a setting has no converter.
 * @throws {TypeError} If a setting is missing or of the wrong kind.
 */
export function parseWindowLayer(className: WindowLayerClass, layer: LayerJson, call: LayerCall): WindowLayerSpec {
  assertChannelsLast(layer);
  switch (className) {
    case "Conv1D":
    case "Conv2D":
      return { ...call, kind: "convolution", ...readConvolution(layer), filters: readSetting(layer, "filters", count) };
    case "DepthwiseConv2D": {
      const convolution = readConvolution(layer);
      assertShapeIsRight(layer, convolution.window);
      return { ...call, kind: "depthwiseConvolution", ...convolution, multiplier: readMultiplier(layer) };
    }
    case "SeparableConv2D": {
      const filters = readSetting(layer, "filters", count);
      const multiplier = readMultiplier(layer);
      return { ...call, kind: "separableConvolution", ...readConvolution(layer), filters, multiplier };
    }
    case "Conv2DTranspose": {
      const filters = readSetting(layer, "filters", count);
      return { ...call, kind: "transposedConvolution", ...readConvolution(layer), filters };
    }
    case "MaxPooling1D":
    case "MaxPooling2D":
      return { ...call, kind: "pooling", operation: "max", window: readWindowSettings(layer, "pool_size") };
    case "AveragePooling1D":
    case "AveragePooling2D":
      return { ...call, kind: "pooling", operation: "average", window: readWindowSettings(layer, "pool_size") };
    case "GlobalMaxPooling1D":
    case "GlobalMaxPooling2D":
      return { ...call, kind: "globalPooling", operation: "max" };
    case "GlobalAveragePooling1D":
    case "GlobalAveragePooling2D":
      return { ...call, kind: "globalPooling", operation: "average" };
    case "ZeroPadding2D":
      return { ...call, kind: "zeroPadding", pads: readSetting(layer, "padding", z.array(pair)) };
    case "Cropping2D":
      return { ...call, kind: "cropping", pads: readSetting(layer, "cropping", z.array(pair)) };
    case "UpSampling2D":
      return {
        ...call,
        kind: "upSampling",
        factors: readSetting(layer, "size", z.array(count)),
        interpolation: readSetting(layer, "interpolation", z.enum(["nearest", "bilinear"]).default("nearest")),
      };
  }
}

function readConvolution(layer: LayerJson) {
  return {
    layer: layer.config.name,
    window: readWindowSettings(layer, "kernel_size"),
    useBias: readSetting(layer, "use_bias", z.boolean().default(true)),
    activation: readActivation(layer),
  };
}

function readMultiplier(layer: LayerJson): number {
  return readSetting(layer, "depth_multiplier", count.default(1));
}

function readWindowSettings(layer: LayerJson, size: "kernel_size" | "pool_size"): WindowSettings {
  const kernel = readSetting(layer, size, z.array(count));
  const perAxis = z.array(count).length(kernel.length);
  // tfjs may write one number for all axes.
  const lengths = z.union([perAxis, count.transform((length) => kernel.map(() => length))]);
  return {
    kernel,
    strides: readSetting(layer, "strides", lengths.default(kernel.map(() => 1))),
    dilations: readSetting(layer, "dilation_rate", lengths.default(kernel.map(() => 1))),
    padding: readSetting(layer, "padding", z.enum(["same", "valid"]).default("valid")),
  };
}

/**
 * TF.js passes a depthwise layer's dilation over, so that layers behind it are made for an output that is too large.
 */
function assertShapeIsRight(layer: LayerJson, { dilations, padding }: WindowSettings): void {
  if (padding === "same" || dilations.every((dilation) => dilation === 1)) return;
  const reason = 'it is dilated, which TF.js leaves out of its output\'s shape unless padding is "same"';
  throw new UnsupportedLayerError(layer, reason, { byTfjs: false });
}

function assertChannelsLast(layer: LayerJson): void {
  const format = layer.config.data_format;
  if (format === "channelsFirst" || format === "channels_first") {
    throw new UnsupportedLayerError(layer, "its data format is channels first");
  }
}
