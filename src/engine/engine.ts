import type { HostTensor } from "../core/host_tensor.ts";
import type { ParameterLayout } from "../core/parameter_layout.ts";
import type { RowFactorLayout } from "../onnx/row_factors.ts";
import type { RowMeasure } from "../onnx/row_measure.ts";
import type { FlatVector } from "./device/device_vector.ts";
import type { DeviceComputer } from "./device/vector_program.ts";
import type { SharedFeatures } from "./feature_cache/shared_features.ts";

/** The flat vectors an engine computes with. Borrowed for the length of a call; may lie in shared memory. */
export interface ModelVectors {
  /** Trainable parameters [P] by the engine's `layout`. */
  readonly parameters: Float32Array;
  /** State that training updates without gradients (moving statistics) [Q] by `stateLayout`. */
  readonly state: Float32Array;
}

/** The same, where the parameters may lie on the device: for an engine that has a `computer`. */
export interface EngineVectors extends Omit<ModelVectors, "parameters"> {
  readonly parameters: FlatVector;
}

/** The rows that one call computes. Borrowed. */
export interface EngineInput {
  /** [n, …sampleShape], normalised. */
  readonly x: HostTensor;
  /** Task labels [n]. */
  readonly taskLabels: Int32Array;
  /** "train" drops units and uses batch statistics, "eval" does neither. */
  readonly mode: "train" | "eval";
  /** Decides the dropout masks: equal keys give equal masks, in every engine. */
  readonly dropoutKey: DropoutKey;
  /** There in steps of training that may be computed in half precision; an engine of float32 passes it over. */
  readonly half?: HalfStep;
  /**
   * Parameters, by name, whose gradients `gradient` and `backward` leave out: they write 0 there. Default: none.
   */
  readonly held?: readonly string[];
  /** Which samples the rows are; left out where samples are changed for the call, or written over later. */
  readonly samples?: SampleIdentity;
  /**
   * The number, from 1, of the vectors: as long as it is the same, so are all values in them, and so many rows follow
   * that it pays to prepare `forward` for these values. Left out where they may be others at the next call.
   */
  readonly weightsNumber?: number;
}

/** A step of training in half precision. */
export interface HalfStep {
  /** What the gradient of the loss is multiplied by, and the parameters' gradients are divided by, in float16. */
  readonly lossScale: number;
  /** Set by the engine where a gradient was not finite at that scale: the gradient means nothing then. */
  hasOverflowed: boolean;
}

/** Samples by source and row, [n] each: equal ones have equal values. */
export interface SampleIdentity {
  readonly sourceIds: Int32Array;
  readonly rows: Int32Array;
}

/** @see fillDropoutMask */
export interface DropoutKey {
  readonly seed: number;
  readonly step: number;
  readonly shard: number;
}

/**
 * What the fused step minimises: Σᵢ weights[i] · loss(output[i], target[i]). Weights hold the 1/B of the whole
 * minibatch, so that the gradients of its shards are summed, never averaged.
 * - `cross-entropy`: from logits; targets are one-hot rows (smoothed if asked for) that sum to 1.
 * - `focal`: from logits, −Σ target · (1 − p)^γ · ln p with p the softmax; targets as before. γ = 0 is cross-entropy.
 * - `binary-cross-entropy`: from logits, the mean over the C outputs; targets are from 0 to 1.
 * - `binary-focal`: from logits, the mean over the C outputs of −target · (1 − p)^γ · ln p − (1 − target) · p^γ ·
 *   ln(1 − p) with p the sigmoid; targets are from 0 to 1. γ = 0 is binary cross-entropy.
 * - `mse`: mean over the C outputs of the squared difference.
 * - `huber`: mean over the C outputs of half the squared difference d, or δ · (|d| − δ/2) where |d| is more than δ.
 * @see Lin et al. 2017, Focal Loss for Dense Object Detection, arXiv:1708.02002
 * @see Huber 1964, Robust Estimation of a Location Parameter
 */
export interface Objective {
  readonly kind: "cross-entropy" | "binary-cross-entropy" | "mse" | "focal" | "binary-focal" | "huber";
  /** γ of the focal losses, at least 0; δ of huber, above 0. The other kinds have none. */
  readonly constant?: number;
  /** [n, C] */
  readonly targets: Float32Array;
  /** [n] */
  readonly weights: Float32Array;
  /**
   * [C], finite, added to each row's logits before the loss: 0 for classes that compete, −1000, say, for others. The
   * outputs that are given back do not have it. Not for mse and huber.
   */
  readonly classMask?: Float32Array;
  /**
   * [n, C], finite: multiplies each output's part of the loss before the mean over C. Not for the losses of a softmax,
   * cross-entropy and focal.
   */
  readonly elementWeights?: Float32Array;
  /** Features that are held to what they were; only for an engine that has `anchorShape`, and not in half precision. */
  readonly anchor?: FeatureAnchor;
}

/** Adds Σᵢ factor · ‖f(xᵢ) − targets[i]‖² to an objective, with f the features without dropout. */
export interface FeatureAnchor {
  /** The layer that gives the features. */
  readonly layerName: string;
  /** [n, F], channels last. */
  readonly targets: Float32Array;
  readonly factor: number;
  /** factor · ‖f(xᵢ) − targets[i]‖² of each row [n], overwritten. */
  readonly losses: Float32Array;
}

/** Where a call writes its results. Lent by the caller, who owns them. */
export interface EngineResults<Gradient extends FlatVector = Float32Array> {
  /** Logits [n, C]. */
  readonly outputs: Float32Array;
  /** dLoss/dParameters [P], overwritten; on the device only for an engine that has a `computer`. */
  readonly gradient: Gradient;
  /** Unweighted loss of each row [n]. */
  readonly losses: Float32Array;
}

/** A graph that an engine's kind makes for its engines: plain data, known to them alone but for the file. */
export interface MadeGraph {
  /** An ONNX file. */
  readonly model: Uint8Array<ArrayBuffer>;
}

/** A backward pass whose rows are looked at one by one. */
export interface RowGradientCall {
  readonly vectors: EngineVectors;
  readonly input: EngineInput;
  /** [n, C] */
  readonly dOutputs: Float32Array;
  readonly measure: RowMeasure;
  /** [P], overwritten. */
  readonly gradient: Float32Array;
}

/**
 * Computes a model's forward and backward passes on one device. One engine per replica; calls do not overlap.
 * Engines are stateless between calls but for caches: parameters come with every call.
 */
export interface Engine {
  /** "onnxruntime", "tfjs-cpu", "tfjs-wasm" … */
  readonly name: string;
  /** How the library that computes is reached, where there are several ways, and why so: for people. */
  readonly carrier?: string;
  /** Computes with flat vectors that stay on the device. Undefined where the device is the processor. */
  readonly computer?: DeviceComputer;
  readonly layout: ParameterLayout;
  readonly stateLayout: ParameterLayout;
  /** C, the width of the output. */
  readonly outputSize: number;
  /** Takes a graph that another thread made; one that is not given is made here, when it is first needed. */
  addGraph?(name: string, graph: MadeGraph): void;
  /** outputs ← model(x). */
  forward(vectors: EngineVectors, input: EngineInput, outputs: Float32Array): Promise<void>;
  /** The fused step: outputs, losses and gradient of the objective in one pass. */
  gradient(
    vectors: EngineVectors,
    input: EngineInput,
    objective: Objective,
    results: EngineResults<FlatVector>,
  ): Promise<void>;
  /**
   * The second half of the split step: gradient ← (dOutputs/dParameters)ᵀ dOutputs, where dOutputs is [n, C].
   * The same dropout key as in `forward` gives the same masks.
   */
  backward(vectors: EngineVectors, input: EngineInput, dOutputs: Float32Array, gradient: FlatVector): Promise<void>;
  /**
   * `sumRowGradients` of row_gradients.ts in one pass; without this method, or where it answers false, that goes row by
   * row.
   * @returns False where one pass will not do; nothing is written then.
   */
  sumRowGradients?(call: RowGradientCall): Promise<boolean>;
  /**
   * How a row's own gradient is made of factors; undefined where it is not, as with convolutions. Without this method
   * an engine gives no factors.
   */
  rowFactorLayout?(): Promise<RowFactorLayout | undefined>;
  /**
   * out ← the factors of each row's (dOutputsᵢ/dParameters)ᵀ dOutputsᵢ [n, F], where dOutputs is [n, C]; without
   * dropout.
   * @throws {RangeError} If there are none, or `out` has another length.
   */
  rowFactors?(vectors: EngineVectors, input: EngineInput, dOutputs: Float32Array, out: Float32Array): Promise<void>;
  /**
   * The shape of one row of what a layer gives, channels last.
   * @throws {RangeError} If the model has no layer of that name.
   */
  activationShape?(layerName: string): Promise<readonly number[]>;
  /**
   * out ← what a layer gives for the rows [n, …activationShape], row-major. The state is left alone, whatever the mode.
   * @throws {RangeError} If the model has no layer of that name, or `out` another length.
   */
  activations?(vectors: EngineVectors, input: EngineInput, layerName: string, out: Float32Array): Promise<void>;
  /**
   * The shape of one row of a layer's features that an objective may have an anchor of. Without this method it may have
   * none.
   * @throws {RangeError} If the model has no layer of that name.
   */
  anchorShape?(layerName: string): Promise<readonly number[]>;
  /**
   * Makes sure that `inputGradients` can be had.
   * @throws {RangeError} If the outputs are no differentiable function of the samples: an embedding takes them for ids,
   * say.
   */
  assertInputGradients?(): Promise<void>;
  /**
   * out ← (dOutputs/dSamples)ᵀ dOutputs [n, …sampleShape], where dOutputs is [n, C]. The state is left alone, whatever
   * the mode.
   * @throws {RangeError} If there is no such gradient, or `out` has another length.
   */
  inputGradients?(vectors: EngineVectors, input: EngineInput, dOutputs: Float32Array, out: Float32Array): Promise<void>;
  /**
   * Keeps features of samples there, and finds them; what was given before is left alone from now on. Without this
   * method it keeps none.
   */
  useFeatures?(features: SharedFeatures): void;
  /** Whether `forward`, `gradient` and `backward` need no values of these samples: all features are known. */
  knowsFeatures?(samples: SampleIdentity): boolean;
  /** Frees what was prepared for a `weightsNumber`: it does not come again. */
  forgetWeights?(): Promise<void>;
  /** Frees sessions and tensors. The engine must not be used afterwards. */
  close(): Promise<void>;
}
