import * as tf from "@tensorflow/tfjs";
import { needs, TypeRefusal } from "../../../core/errors/errors.ts";
import { countElements } from "../../../core/host_tensor.ts";
import { toShape4D } from "../layers/shape_4d.ts";

/**
 * What the cpu backend computes for wasm: gradients that wasm 4.22 lacks and that are seldom worth a fast version, and
 * those of max pooling, where it loses every window without a value above 0.
 */
const BORROWED_KERNELS = [
  tf.DepthwiseConv2dNativeBackpropFilter,
  tf.DepthwiseConv2dNativeBackpropInput,
  tf.Einsum,
  tf.MaxPoolGrad,
  tf.MaxPool3DGrad,
  tf.UnsortedSegmentSum,
];

/**
 * Completes the wasm backend for training: kernels that it lacks or gets wrong, and products with transposed operands,
 * for which it has only a naive loop. To be called once, after its package was imported and before the backend starts.
 */
export function registerWasmKernels(): void {
  replaceMatMul();
  tf.registerKernel({
    kernelName: tf.Conv2DBackpropFilter,
    backendName: "wasm",
    kernelFunc: ({ inputs, attrs }) => {
      const { x, dy } = inputs;
      if (!(x instanceof tf.Tensor && dy instanceof tf.Tensor))
        throw new TypeRefusal(needs("the convolution", "tensors", x));
      // The registry types all attributes of all kernels alike.
      return differentiateFilter(x, dy, attrs as unknown as tf.Conv2DBackpropFilterAttrs);
    },
  });
  for (const kernelName of BORROWED_KERNELS) borrowKernel(kernelName);
}

/**
 * dL/dFilter [height, width, in, out] of a convolution, from its input [N, H, W, in] and dL/dOutput [N, h, w, out]:
 * for each place in the window one product of the input, shifted, with dL/dOutput.
 */
function differentiateFilter(x: tf.Tensor, dy: tf.Tensor, attributes: tf.Conv2DBackpropFilterAttrs): tf.Tensor {
  const { filterShape, strides, pad, dimRoundingMode } = attributes;
  const shape = toShape4D(x.shape);
  const info = tf.backend_util.computeConv2DInfo(shape, filterShape, strides, 1, pad, dimRoundingMode);
  const { filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth, strideHeight, strideWidth } = info;
  const { top, bottom, left, right } = info.padInfo;
  return tf.tidy(() => {
    const padded = tf.pad(x, [
      [0, 0],
      [top, bottom],
      [left, right],
      [0, 0],
    ]);
    const dOutput = tf.reshape(dy, [-1, outChannels]);
    const products: tf.Tensor[] = [];
    for (let row = 0; row < filterHeight; row++) {
      for (let column = 0; column < filterWidth; column++) {
        const begin = [0, row, column, 0];
        const lastRow = row + (outHeight - 1) * strideHeight;
        const lastColumn = column + (outWidth - 1) * strideWidth;
        const end = [shape[0], lastRow + 1, lastColumn + 1, inChannels];
        const shifted = tf.stridedSlice(padded, begin, end, [1, strideHeight, strideWidth, 1]);
        products.push(tf.matMul(tf.reshape(shifted, [-1, inChannels]), dOutput, true));
      }
    }
    return tf.reshape(tf.stack(products), [filterHeight, filterWidth, inChannels, outChannels]);
  });
}

/** Single products with a transposed operand: transposes first, then takes the backend's fast path. */
function replaceMatMul(): void {
  const original = tf.getKernel(tf.BatchMatMul, "wasm");
  const transpose = tf.getKernel(tf.Transpose, "wasm");
  tf.unregisterKernel(tf.BatchMatMul, "wasm");
  tf.registerKernel({
    ...original,
    kernelFunc: (call) => {
      const { backend, attrs } = call;
      const { a, b } = call.inputs;
      if (!a || !b || !isKernelBackend(backend)) throw new TypeRefusal(needs("the product", "two tensors", a));
      if (countMatrices(a) !== 1 || countMatrices(b) !== 1) return original.kernelFunc(call);
      const turned: tf.TensorInfo[] = [];
      const turn = (x: tf.TensorInfo): tf.TensorInfo => {
        const rank = x.shape.length;
        const perm = [...x.shape.keys()].map((axis) => (axis < rank - 2 ? axis : 2 * rank - 3 - axis));
        const result = toSingle(transpose.kernelFunc({ inputs: { x }, backend, attrs: { perm } }));
        turned.push(result);
        return result;
      };
      const plainInputs = { a: attrs?.transposeA ? turn(a) : a, b: attrs?.transposeB ? turn(b) : b };
      const plainAttributes = { transposeA: false, transposeB: false };
      const product = original.kernelFunc({ inputs: plainInputs, backend, attrs: plainAttributes });
      for (const { dataId } of turned) backend.disposeData(dataId);
      return product;
    },
  });
}

/** Registers the cpu backend's kernel for wasm: its inputs are copied over, its output back. */
function borrowKernel(kernelName: string): void {
  const { kernelFunc } = tf.getKernel(kernelName, "cpu");
  if (tf.getKernel(kernelName, "wasm")) tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    kernelName,
    backendName: "wasm",
    kernelFunc: ({ inputs, backend: wasm, attrs }) => {
      const cpu = tf.findBackend("cpu");
      if (!isKernelBackend(wasm)) throw new TypeRefusal(needs(`${kernelName}`, "a backend", wasm));
      const copies = Object.entries(inputs).map(([name, info]) => [name, copyTensor(info, wasm, cpu)] as const);
      const output = toSingle(
        kernelFunc({ inputs: Object.fromEntries(copies), backend: cpu, ...(attrs && { attrs }) }),
      );
      const result = copyTensor(output, cpu, wasm);
      for (const { dataId } of [output, ...copies.map(([, copy]) => copy)]) cpu.disposeData(dataId);
      return result;
    },
  });
}

function copyTensor(info: tf.TensorInfo | undefined, from: tf.KernelBackend, to: tf.KernelBackend): tf.TensorInfo {
  if (!info) throw new TypeRefusal(needs("the kernel", "one", info));
  const { dataId, dtype, shape } = info;
  return { dataId: to.write(from.readSync(dataId), shape, dtype), dtype, shape };
}

function isKernelBackend(backend: object): backend is tf.KernelBackend {
  return "readSync" in backend && "disposeData" in backend;
}

function toSingle(result: tf.TensorInfo | tf.TensorInfo[]): tf.TensorInfo {
  const [single = result] = Array.isArray(result) ? result : [result];
  if (Array.isArray(single)) throw new TypeRefusal(needs("the kernel", "an output", single));
  return single;
}

function countMatrices({ shape }: tf.TensorInfo): number {
  return countElements(shape.slice(0, -2));
}
