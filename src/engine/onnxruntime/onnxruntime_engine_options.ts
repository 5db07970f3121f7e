import type { KernelGradientForm } from "../../onnx/growing_graph.ts";
import type { ModelSpec } from "../../onnx/layers/layer_spec.ts";
import type { TrainingPrecision } from "../../onnx/precision/precision.ts";
import type { CarrierName } from "./carrier.ts";
import type { CudaSettings } from "./cuda/cuda_options.ts";
import type { ModelFacts } from "./model_facts.ts";

/** What an onnxruntime engine is made from. */
export interface OnnxruntimeEngineOptions {
  /** The model, read by `parseTopology`: plain data, so that one reading serves all replicas. */
  readonly spec: ModelSpec;
  /** What was found out about it. Default: it is found out here, which loads all that makes graphs. */
  readonly facts?: ModelFacts | undefined;
  /** "cpu" (the default), "webgpu" or "cuda:NUMBER". */
  readonly device?: string;
  /** Threads within one operator, 1 by default. */
  readonly intraOpThreads?: number;
  /** How kernels of convolutions are differentiated. Default: by products on CUDA, else by a convolution. */
  readonly kernelGradient?: KernelGradientForm;
  /** The way to onnxruntime; by default the environment says (FIRN_ORT), else what works. */
  readonly carrier?: CarrierName;
  /** For CUDA devices. */
  readonly cuda?: CudaSettings | undefined;
  /** What calls with `half` are computed in, on any device. Default: "float32". */
  readonly precision?: TrainingPrecision | undefined;
}
