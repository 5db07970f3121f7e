import { createRequire } from "node:module";
import { Tensor } from "@tensorflow/tfjs-core";

/** The operations that `@tensorflow/tfjs` gives tensors as methods: `x.add(y)` for `tf.add(x, y)`. */
const TENSOR_METHODS: readonly string[] = `
  abs acos acosh add all any argMax argMin as1D as2D as3D as4D as5D asScalar asType asin asinh atan atan2 atanh
  avgPool batchNorm batchToSpaceND broadcastTo cast ceil clipByValue concat conv1d conv2d conv2dTranspose cos cosh
  cumprod cumsum depthToSpace depthwiseConv2d dilation2d div divNoNan dot elu equal erf euclideanNorm exp
  expandDims expm1 fft flatten floor floorDiv gather greater greaterEqual ifft irfft isFinite isInf isNaN
  leakyRelu less lessEqual localResponseNormalization log log1p logSigmoid logSoftmax logSumExp logicalAnd
  logicalNot logicalOr logicalXor matMul max maxPool maximum mean min minimum mirrorPad mod mul neg norm notEqual
  oneHot onesLike pad pool pow prelu prod reciprocal relu relu6 reshape reshapeAs resizeBilinear
  resizeNearestNeighbor reverse rfft round rsqrt selu separableConv2d sigmoid sign sin sinh slice softmax softplus
  spaceToBatchND split sqrt square squaredDifference squeeze stack step stridedSlice sub sum tan tanh tile toBool
  toFloat toInt topk transpose unique unsortedSegmentSum unstack where zerosLike
`
  .trim()
  .split(/\s+/);

/**
 * Gives tensors their methods: `@tensorflow/tfjs`, which brings them, is loaded when somebody first asks for one.
 * TF.js's layers use some, such as the initializer of recurrent kernels.
 */
export function provideTensorMethods(): void {
  for (const name of TENSOR_METHODS) {
    if (name in Tensor.prototype) continue;
    Object.defineProperty(Tensor.prototype, name, {
      configurable: true,
      get(this: Tensor): unknown {
        createRequire(import.meta.url)("@tensorflow/tfjs");
        return Reflect.get(this, name);
      },
      // `@tensorflow/tfjs` assigns the method itself.
      set(value: unknown) {
        Object.defineProperty(Tensor.prototype, name, { value, configurable: true, enumerable: true, writable: true });
      },
    });
  }
}
