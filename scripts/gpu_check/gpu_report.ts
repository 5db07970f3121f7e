/** An engine on a device, as `createEngine` takes them. */
export interface Candidate {
  readonly engine: "onnxruntime" | "tfjs";
  /** "cuda:0", "webgpu", "cpu". */
  readonly device: string;
}

/** How far a gradient is from the one that onnxruntime computes on the CPU. */
export interface GradientParity {
  readonly model: string;
  /** The largest difference of an element, and the same as a part of the largest element. */
  readonly maxAbsoluteDifference: number;
  readonly relativeDifference: number;
  readonly isWithinTolerance: boolean;
}

/** One model's training step on 1 worker: forward, backward, momentum SGD. */
export interface StepTime {
  readonly model: string;
  readonly batchSize: number;
  /** Medians; null where the model is too large for the processor. */
  readonly milliseconds: number;
  readonly cpuMilliseconds: number | null;
  /** The same with pinned memory; null where there is none to pin. */
  readonly pinned: PinnedStep | null;
}

/** A training step with pinned memory. */
export interface PinnedStep {
  readonly milliseconds: number;
  /** What was locked. */
  readonly bytes: number;
  /** Why the driver refused to lock an array; null where it did not. */
  readonly refusal: string | null;
}

/** A short training on made data that is easy to learn. */
export interface ShortRun {
  readonly seconds: number;
  readonly accuracy: number;
  readonly hasLearned: boolean;
}

/** What one candidate did. */
export interface Measurement {
  /** What the engine calls itself. */
  readonly name: string;
  readonly steps: readonly StepTime[];
  readonly gradients: readonly GradientParity[];
  /** Models that it could not compute, with the reason. */
  readonly failures: readonly string[];
  readonly run: ShortRun;
}

/** What became of one candidate: its measurements, or why there are none. */
export type CandidateResult = Candidate &
  ({ readonly loads: true; readonly measured: Measurement } | { readonly loads: false; readonly reason: string });

/** A training step of PyTorch on one device. */
export interface PeerStep {
  readonly model: string;
  readonly batchSize: number;
  /** The median. */
  readonly milliseconds: number;
}

/** What the check prints. */
export interface GPUReport {
  readonly version: 1;
  readonly runtime: string;
  /** The GPUs by name; null where there is none. */
  readonly device: readonly string[] | null;
  /** Why something was not measured, one line each. */
  readonly reasons: readonly string[];
  readonly candidates: readonly CandidateResult[];
  /** PyTorch's steps on the same device, where it is there. */
  readonly peers: readonly PeerStep[];
  /** True when everything that loads computes all models as the CPU does, and learns; null when nothing loads. */
  readonly passed: boolean | null;
}

/** CUDA multiplies float32 in TF32 unless told otherwise: 10 bits of mantissa. */
export const GRADIENT_TOLERANCE = 1e-2;

/** Puts a report together. */
export function createReport(parts: Omit<GPUReport, "version" | "passed" | "peers"> & Partial<GPUReport>): GPUReport {
  const { runtime, device, candidates, peers = [] } = parts;
  const measured = candidates.flatMap((result) => (result.loads ? [result.measured] : []));
  const failures = candidates.flatMap((result) => {
    const reasons = result.loads ? result.measured.failures : [result.reason];
    return reasons.map((reason) => `${result.engine} on ${result.device}: ${reason}`);
  });
  return {
    version: 1,
    runtime,
    device,
    reasons: [...parts.reasons, ...failures],
    candidates,
    peers,
    passed: measured.length === 0 ? null : measured.every(isSound),
  };
}

/**
 * What the program exits with: 1 when something that loads computes wrongly, 3 when there is a GPU and nothing loads. A
 * machine without one is no failure: 0.
 */
export function chooseExitStatus({ device, passed }: Pick<GPUReport, "device" | "passed">): 0 | 1 | 3 {
  if (passed !== null) return passed ? 0 : 1;
  return device === null ? 0 : 3;
}

/** How far `gradient` [P] is from `reference` [P]. Numbers that are not finite are as far as can be. */
export function compareGradients(model: string, gradient: Float32Array, reference: Float32Array): GradientParity {
  let maxAbsoluteDifference = 0;
  let largest = 0;
  for (let i = 0; i < reference.length; i++) {
    const difference = Math.abs((gradient[i] ?? Number.NaN) - (reference[i] ?? 0));
    // A comparison with NaN is false: the condition is written so that NaN is taken.
    if (!(difference <= maxAbsoluteDifference)) maxAbsoluteDifference = difference;
    if (Number.isNaN(maxAbsoluteDifference)) maxAbsoluteDifference = Number.POSITIVE_INFINITY;
    largest = Math.max(largest, Math.abs(reference[i] ?? 0));
  }
  const relativeDifference = largest === 0 ? maxAbsoluteDifference : maxAbsoluteDifference / largest;
  const isWithinTolerance = relativeDifference <= GRADIENT_TOLERANCE;
  return { model, maxAbsoluteDifference, relativeDifference, isWithinTolerance };
}

function isSound({ gradients, failures, run }: Measurement): boolean {
  return run.hasLearned && failures.length === 0 && gradients.every(({ isWithinTolerance }) => isWithinTolerance);
}
