import type { ParameterLayout } from "../../core/parameter_layout.ts";
import type { KernelGradientForm } from "../growing_graph.ts";
import type { ActivationLayerSpec } from "./activation_layers.ts";
import type { AttentionSpec } from "./attention.ts";
import type { DenseSpec } from "./dense.ts";
import type { EinsumDenseSpec } from "./einsum_dense.ts";
import type { EmbeddingSpec } from "./embedding.ts";
import type { GrowingHeadSpec } from "./heads/growing_heads.ts";
import type { ProgressiveNetworkSpec } from "./heads/progressive_network.ts";
import type { ImportedNetworkSpec } from "./imported_network_layer.ts";
import type { InputSpec } from "./input.ts";
import type { LayerCall } from "./layer_call.ts";
import type { MaskingSpec } from "./masking.ts";
import type { MergingLayerSpec } from "./merging.ts";
import type { NoiseLayerSpec } from "./noise_layers.ts";
import type { NormalizationSpec } from "./normalization/normalization_layers.ts";
import type { RecurrentLayerSpec } from "./recurrent/recurrent_layers.ts";
import type { RescalingLayerSpec } from "./rescaling.ts";
import type { ShapingLayerSpec } from "./shaping.ts";
import type { ConvolutionLayerSpec } from "./windows/convolution.ts";
import type { PoolingLayerSpec } from "./windows/pooling.ts";
import type { ResizingLayerSpec } from "./windows/resizing.ts";

/** A layer that is applied to each time of [N, T, …]. */
export interface DistributedSpec extends LayerCall {
  readonly kind: "distributed";
  readonly inner: LayerSpec;
}

/** A layer's call as data: all that a converter needs to know of it. */
export type LayerSpec =
  | ActivationLayerSpec
  | AttentionSpec
  | ConvolutionLayerSpec
  | DenseSpec
  | DistributedSpec
  | EinsumDenseSpec
  | EmbeddingSpec
  | GrowingHeadSpec
  | ImportedNetworkSpec
  | InputSpec
  | MaskingSpec
  | MergingLayerSpec
  | NoiseLayerSpec
  | NormalizationSpec
  | PoolingLayerSpec
  | ProgressiveNetworkSpec
  | RecurrentLayerSpec
  | RescalingLayerSpec
  | ResizingLayerSpec
  | ShapingLayerSpec;

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
  /** How graphs compute the gradients of convolutions' kernels; a device may want another way. */
  readonly kernelGradient?: KernelGradientForm;
}
