import type { ActivationSpec } from "./activation_spec.ts";
import type { LayerCall } from "./layer_call.ts";
import type { WindowSettings } from "./windows.ts";

/** What convolutions have in common. Windows have one spatial axis on [N, L, C], two on [N, H, W, C]. */
interface ConvolutionCall extends LayerCall {
  /** The layer that owns the parameters: shared by all its calls. */
  readonly layer: string;
  readonly window: WindowSettings;
  readonly useBias: boolean;
  readonly activation: ActivationSpec;
}

/** `kernel` [taps…, in, filters], `bias` [filters]. */
export interface ConvolutionSpec extends ConvolutionCall {
  readonly kind: "convolution";
  readonly filters: number;
}

/**
 * Each channel by itself, into `multiplier` ones: `depthwise_kernel` [taps…, in, multiplier], `bias` [in · multiplier].
 */
export interface DepthwiseConvolutionSpec extends ConvolutionCall {
  readonly kind: "depthwiseConvolution";
  readonly multiplier: number;
}

/**
 * Depthwise, then 1×1: `depthwise_kernel` [taps…, in, multiplier], `pointwise_kernel` [1, 1, in · multiplier, filters].
 */
export interface SeparableConvolutionSpec extends ConvolutionCall {
  readonly kind: "separableConvolution";
  readonly filters: number;
  readonly multiplier: number;
}

/** A convolution's gradient used as a layer, which enlarges: `kernel` [taps…, filters, in], `bias` [filters]. */
export interface TransposedConvolutionSpec extends ConvolutionCall {
  readonly kind: "transposedConvolution";
  readonly filters: number;
}

/** The largest value or the mean of each window; padding counts for neither. */
export interface PoolingSpec extends LayerCall {
  readonly kind: "pooling";
  readonly operation: "max" | "average";
  readonly window: WindowSettings;
}

/** The largest value or the mean of each channel: [N, …, C] to [N, C]. */
export interface GlobalPoolingSpec extends LayerCall {
  readonly kind: "globalPooling";
  readonly operation: "max" | "average";
}

/** Zeros around images [N, H, W, C]; of each axis the number before and behind. */
export interface ZeroPaddingSpec extends LayerCall {
  readonly kind: "zeroPadding";
  readonly pads: readonly (readonly [number, number])[];
}

/** Takes pixels off images [N, H, W, C]; of each axis the number before and behind. */
export interface CroppingSpec extends LayerCall {
  readonly kind: "cropping";
  readonly pads: readonly (readonly [number, number])[];
}

/** Enlarges images [N, H, W, C] by a whole factor an axis. */
export interface UpSamplingSpec extends LayerCall {
  readonly kind: "upSampling";
  readonly factors: readonly number[];
  readonly interpolation: "nearest" | "bilinear";
}

/** Layers that move a window over spatial axes, or change those axes. */
export type WindowLayerSpec =
  | ConvolutionSpec
  | DepthwiseConvolutionSpec
  | SeparableConvolutionSpec
  | TransposedConvolutionSpec
  | PoolingSpec
  | GlobalPoolingSpec
  | ZeroPaddingSpec
  | CroppingSpec
  | UpSamplingSpec;
