import { cannot, RangeRefusal } from "../../core/errors.ts";
import type { Shape } from "../file/onnx_model.ts";
import type { ParameterSpec } from "../specs/parameter_spec.ts";
import type { WindowLayerSpec } from "../specs/window_specs.ts";

/**
 * The tensors of a convolution called on inputs of these shapes, in the order in which tfjs creates them; none for
 * other layers on spatial axes.
 * @throws {RangeError} If the number of channels is not known.
 */
export function describeWindowParameters(layer: WindowLayerSpec, inputs: readonly Shape[]): ParameterSpec[] {
  switch (layer.kind) {
    case "convolution": {
      const kernel = [...layer.window.kernel, countChannels(layer, inputs), layer.filters];
      return describe(layer, [["kernel", kernel]], layer.filters);
    }
    case "transposedConvolution": {
      const kernel = [...layer.window.kernel, layer.filters, countChannels(layer, inputs)];
      return describe(layer, [["kernel", kernel]], layer.filters);
    }
    case "depthwiseConvolution": {
      const channels = countChannels(layer, inputs);
      const kernel = [...layer.window.kernel, channels, layer.multiplier];
      return describe(layer, [["depthwise_kernel", kernel]], channels * layer.multiplier);
    }
    case "separableConvolution": {
      const channels = countChannels(layer, inputs);
      const depthwise = [...layer.window.kernel, channels, layer.multiplier];
      const pointwise = [...layer.window.kernel.map(() => 1), channels * layer.multiplier, layer.filters];
      const kernels = [
        ["depthwise_kernel", depthwise],
        ["pointwise_kernel", pointwise],
      ] as const;
      return describe(layer, kernels, layer.filters);
    }
    case "pooling":
    case "globalPooling":
    case "zeroPadding":
    case "cropping":
    case "upSampling":
      return [];
  }
}

function describe(
  { layer, useBias }: { layer: string; useBias: boolean },
  kernels: readonly (readonly [string, readonly number[]])[],
  outputs: number,
): ParameterSpec[] {
  const tensors = useBias ? [...kernels, ["bias", [outputs]] as const] : kernels;
  return tensors.map(([name, shape]) => ({ name: `${layer}/${name}`, shape, isTrainable: true }));
}

function countChannels({ name }: { name: string }, inputs: readonly Shape[]): number {
  const channels = inputs[0]?.at(-1);
  if (typeof channels === "number") return channels;
  throw new RangeRefusal(cannot(`size layer "${name}"`, "an input [N, …, channels]", inputs[0]));
}
