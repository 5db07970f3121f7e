import * as tf from "@tensorflow/tfjs";
import { elementAt } from "../../../core/element_at.ts";
import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import { toShape4D } from "../layers/shape_4d.ts";

/** Kernels of wasm 4.22 that pad "same" wrongly where strides are longer than the window. */
const CONVOLUTIONS = [tf.Conv2D, tf.FusedConv2D, tf.DepthwiseConv2dNative, tf.FusedDepthwiseConv2D];

/** What all four take; the registry types the attributes of all kernels alike. */
interface ConvolutionAttributes {
  readonly strides: [number, number] | number;
  readonly pad: tf.Conv2DAttrs["pad"];
  readonly dilations?: [number, number] | number;
}

/** Has these kernels take images that are padded already, and cut where no window reaches, in those cases. */
export function repairWasmStrides(): void {
  for (const kernelName of CONVOLUTIONS) {
    const original = tf.getKernel(kernelName, "wasm");
    tf.unregisterKernel(kernelName, "wasm");
    tf.registerKernel({
      ...original,
      kernelFunc: (call) => {
        const { inputs, attrs } = call;
        const { x, filter } = inputs;
        if (!x || !filter) throw new TypeRefusal(needs("the convolution", "an input and a filter", x));
        const attributes = attrs as unknown as ConvolutionAttributes;
        if (!isLongStrided(filter, attributes)) return original.kernelFunc(call);
        const placed = placeWindows(x, filter, attributes);
        const plain = { ...attrs, pad: "valid" };
        const result = original.kernelFunc({ ...call, inputs: { ...inputs, x: placed }, attrs: plain });
        placed.dispose();
        return result;
      },
    });
  }
}

function isLongStrided({ shape }: tf.TensorInfo, { pad, strides }: ConvolutionAttributes): boolean {
  const [rows = 1, columns = rows] = [strides].flat();
  return pad === "same" && (rows > elementAt(shape, 0) || columns > elementAt(shape, 1));
}

/** x [N, H, W, C] as the windows lie on it: zeros around, nothing beyond the last window. */
function placeWindows(
  x: tf.TensorInfo,
  filter: tf.TensorInfo,
  { strides, dilations }: ConvolutionAttributes,
): tf.Tensor {
  if (!(x instanceof tf.Tensor)) throw new TypeRefusal(needs("the convolution", "a tensor", x));
  const shape = toShape4D(x.shape);
  const [filterHeight, filterWidth] = toShape4D(filter.shape);
  const [rows, , , channels] = shape;
  const window: [number, number, number, number] = [filterHeight, filterWidth, channels, 1];
  const info = tf.backend_util.computeConv2DInfo(shape, window, strides, dilations ?? 1, "same");
  const { top, bottom, left, right } = info.padInfo;
  const padded: [number, number][] = [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ];
  const reach = (out: number, stride: number, size: number) => (out - 1) * stride + size;
  return tf.tidy(() =>
    tf.slice(
      tf.pad(x, padded),
      [0, 0, 0, 0],
      [
        rows,
        reach(info.outHeight, info.strideHeight, info.effectiveFilterHeight),
        reach(info.outWidth, info.strideWidth, info.effectiveFilterWidth),
        channels,
      ],
    ),
  );
}
