import { describe, expect, test } from "bun:test";
import { LAYER_CLASSES } from "../../../../src/onnx/layers/parse_layer.ts";
import { UnsupportedLayerError } from "../../../../src/onnx/layers/read_setting.ts";
import { parseTopology } from "../../../../src/onnx/topology/parse_topology.ts";
import { createLayer, createSequential } from "../../topologies.ts";

function parse(
  className: string,
  config: Readonly<Record<string, unknown>>,
  sampleShape: readonly number[] = [6, 5, 2],
) {
  return parseTopology(createSequential(sampleShape, [createLayer(className, "layer", config)]));
}

const PLAIN = { filters: 4, kernel_size: [3, 2] };

describe("parseLayer()", () => {
  test("sizes the parameters of every convolution as TF.js does, when channels are known", () => {
    const shapesOf = (className: string, config: Readonly<Record<string, unknown>>) =>
      parse(className, config).layout.entries.map(({ name, shape }) => [name.replace("layer/", ""), shape]);
    expect(shapesOf("Conv2D", PLAIN)).toEqual([
      ["kernel", [3, 2, 2, 4]],
      ["bias", [4]],
    ]);
    expect(shapesOf("Conv2DTranspose", { ...PLAIN, use_bias: false })).toEqual([["kernel", [3, 2, 4, 2]]]);
    expect(shapesOf("DepthwiseConv2D", { kernel_size: [3, 3], depth_multiplier: 3 })).toEqual([
      ["depthwise_kernel", [3, 3, 2, 3]],
      ["bias", [6]],
    ]);
    expect(shapesOf("SeparableConv2D", { ...PLAIN, depth_multiplier: 2 })).toEqual([
      ["depthwise_kernel", [3, 2, 2, 2]],
      ["pointwise_kernel", [1, 1, 4, 4]],
      ["bias", [4]],
    ]);
  });

  test("refuses a dilated depthwise convolution without padding, of which TF.js gives a wrong shape", () => {
    const dilated = { kernel_size: [3, 3], dilation_rate: [2, 2] };
    expect(() => parse("DepthwiseConv2D", { ...dilated, padding: "same" })).not.toThrow();
    expect(() => parse("DepthwiseConv2D", dilated)).toThrow(/layer "layer" of class DepthwiseConv2D.*it is dilated/);
    expect(() => parse("DepthwiseConv2D", { kernel_size: [3, 3], dilation_rate: 1 })).not.toThrow();
  });

  test("takes one number for all axes, when tfjs writes it so", () => {
    const [, layer] = parse("Conv2D", { ...PLAIN, strides: 2 }).layers;
    expect(layer).toMatchObject({ window: { strides: [2, 2], dilations: [1, 1], padding: "valid" } });
  });

  test("refuses channels first, by the layer's name, when a layer asks for them", () => {
    const config = { ...PLAIN, data_format: "channels_first" };
    expect(() => parse("Conv2D", config)).toThrow(UnsupportedLayerError);
    expect(() => parse("Conv2D", config)).toThrow(/layer "layer" of class Conv2D.*channels first.*--engine tfjs/);
  });

  test("leaves a layer to TF.js and names the setting, when it is missing or of the wrong kind", () => {
    expect(() => parse("Conv2D", { kernel_size: [3, 3] })).toThrow(/layer "layer" .*: filters is missing/);
    expect(() => parse("Conv2D", { ...PLAIN, padding: "full" })).toThrow(
      /layer "layer" .*: padding must be "same" or "valid", got "full"/,
    );
    expect(() => parse("Conv2D", { ...PLAIN, padding: "causal" })).toThrow(/causal, which TF.js does not compute$/);
    expect(() => parse("MaxPooling2D", { pool_size: [0, 2] })).toThrow(/layer "layer" .*: pool_size must be a list of/);
    expect(() => parse("UpSampling2D", { size: [2, 2], interpolation: "cubic" })).toThrow(UnsupportedLayerError);
  });

  test("throws a RangeError that names the layer, when its input does not fit", () => {
    expect(() => parse("Conv2D", PLAIN, [7])).toThrow(
      /layer "layer" to ONNX: the convolution needs an input of rank 4/,
    );
    expect(() => parse("MaxPooling1D", { pool_size: [2] })).toThrow(/needs an input of rank 3/);
    expect(() => parse("Conv2D", PLAIN, [2, 5, 1])).toThrow(/needs an axis of at least 3, got 2/);
  });
});

describe("LAYER_CLASSES", () => {
  test("has each class once, and none without a converter", () => {
    expect(new Set(LAYER_CLASSES).size).toBe(LAYER_CLASSES.length);
    expect(LAYER_CLASSES).toContain("Conv2D");
    expect(LAYER_CLASSES).not.toContain("ConvLSTM2D");
    expect(() => parse("ConvLSTM2D", PLAIN)).toThrow(/layer "layer" of class ConvLSTM2D.*this class has no converter/);
  });
});
