/**
 * Builders of models, layers that grow, initialisation and snapshots: `firn/models`.
 * @module
 */

export { GaussianSampling } from "./engine/tfjs/layers/gaussian_sampling.ts";
export { GroupNormalization, type GroupNormalizationOptions } from "./engine/tfjs/layers/group_normalization.ts";
export {
  IncrementalClassifier,
  type IncrementalClassifierOptions,
} from "./engine/tfjs/layers/incremental_classifier.ts";
export type { MaskingOptions } from "./engine/tfjs/layers/masked_logits.ts";
export { MultiHeadClassifier, type MultiHeadClassifierOptions } from "./engine/tfjs/layers/multi_head_classifier.ts";
export { ProgressiveNetwork, type ProgressiveNetworkOptions } from "./engine/tfjs/layers/progressive_network.ts";
export { Standardization, type StandardizationOptions } from "./engine/tfjs/layers/standardization.ts";
export { Subtract } from "./engine/tfjs/layers/subtract.ts";
export { UnitNormalization, type UnitNormalizationOptions } from "./engine/tfjs/layers/unit_normalization.ts";
export {
  type GrowingHeadOptions,
  type GrowingKind,
  type WithGrowingHeadOptions,
  withGrowingHead,
} from "./models/growth/growing_classifier.ts";
export type { GrowingHead } from "./models/growth/growing_head.ts";
export { lenet5 } from "./models/lenet5.ts";
export { type LoraAdapter, type LoraOptions, lora } from "./models/lora.ts";
export { type MLPVAEOptions, mlpVAE, type VariationalAutoencoder } from "./models/mlp_vae.ts";
export { initializeLikePyTorch } from "./models/model_initialization.ts";
export {
  createModelFromSnapshot,
  flattenWeights,
  type ModelSnapshot,
  restoreWeights,
} from "./models/model_snapshot.ts";
export { onnxModel } from "./models/onnx_model.ts";
export type {
  ImageModelOptions,
  MLPOptions,
  OnnxModelOptions,
  PNNOptions,
  SimpleCNNOptions,
  SimpleMLPOptions,
  TfjsModelOptions,
} from "./models/options.ts";
export { pnn } from "./models/pnn.ts";
export { simpleCNN } from "./models/simple_cnn.ts";
export { mlp, simpleMLP } from "./models/simple_mlp.ts";
export { slimResNet18 } from "./models/slim_resnet18.ts";
export { tfjsModel } from "./models/tfjs_model.ts";
