import type { ParameterLayout } from "../../core/parameter_layout.ts";
import type { ActivationLayerSpec, LearnedReluSpec } from "./activation_layers.ts";
import type {
  ConvolutionSpec,
  DepthwiseConvolutionSpec,
  SeparableConvolutionSpec,
  TransposedConvolutionSpec,
} from "./convolution.ts";
import type { DenseSpec } from "./dense.ts";
import type { EmbeddingSpec } from "./embedding.ts";
import type { IncrementalClassifierSpec, MultiHeadClassifierSpec } from "./heads/growing_heads.ts";
import type { ProgressiveNetworkSpec } from "./heads/progressive_network.ts";
import type { InputSpec } from "./input.ts";
import type { ConcatenateSpec, DotSpec, MergeSpec } from "./merging.ts";
import type { AlphaDropoutSpec, DropoutSpec, GaussianNoiseSpec, GaussianSamplingSpec } from "./noise_layers.ts";
import type { BatchNormalizationSpec, LayerNormalizationSpec } from "./normalization/normalization_layers.ts";
import type { GlobalPoolingSpec, PoolingSpec } from "./pooling.ts";
import type { BidirectionalSpec, RecurrentSpec } from "./recurrent/recurrent_spec.ts";
import type { CroppingSpec, UpSamplingSpec, ZeroPaddingSpec } from "./resizing.ts";
import type { FlattenSpec, PermuteSpec, RepeatVectorSpec, RescalingSpec, ReshapeSpec } from "./shaping.ts";

/** A layer's call as data: all that a converter needs to know of it. */
export type LayerSpec =
  | ActivationLayerSpec
  | AlphaDropoutSpec
  | BatchNormalizationSpec
  | BidirectionalSpec
  | ConcatenateSpec
  | ConvolutionSpec
  | CroppingSpec
  | DenseSpec
  | DepthwiseConvolutionSpec
  | DotSpec
  | DropoutSpec
  | EmbeddingSpec
  | FlattenSpec
  | GaussianNoiseSpec
  | GaussianSamplingSpec
  | GlobalPoolingSpec
  | IncrementalClassifierSpec
  | InputSpec
  | LayerNormalizationSpec
  | LearnedReluSpec
  | MergeSpec
  | MultiHeadClassifierSpec
  | PermuteSpec
  | PoolingSpec
  | ProgressiveNetworkSpec
  | RecurrentSpec
  | RepeatVectorSpec
  | RescalingSpec
  | ReshapeSpec
  | SeparableConvolutionSpec
  | TransposedConvolutionSpec
  | UpSamplingSpec
  | ZeroPaddingSpec;

/** A model as data, ready to be converted. */
export interface ModelSpec {
  readonly name: string;
  /** In an order in which every layer comes after its inputs. */
  readonly layers: readonly LayerSpec[];
  /** Names of the calls whose outputs are the model's. */
  readonly outputs: readonly string[];
  /** Of models within it that have one output, by name: the call that gives it, the first time the model is used. */
  readonly innerOutputs?: Readonly<Record<string, string>>;
  /** Trainable parameters [P] in model order: `layer/kernel`, `layer/bias`, … */
  readonly layout: ParameterLayout;
  /** Tensors without gradients [Q]. */
  readonly stateLayout: ParameterLayout;
}
