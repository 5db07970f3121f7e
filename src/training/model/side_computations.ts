import type { Cluster } from "../../cluster/cluster.ts";
import type { ComputeRequest } from "../../cluster/compute_request.ts";
import { ROW_MEASURES } from "../../cluster/protocol/control_block.ts";
import { describeUnknownName, RangeRefusal } from "../../core/errors/errors.ts";
import { scaleVector } from "../../core/vector.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { RowMeasure } from "../../onnx/row_measure.ts";
import type { Criterion } from "../losses/criterion.ts";

/** Numbers above every training iteration's, for the dropout masks of side computations. */
const FIRST_SIDE_STEP = 2 ** 30;

/** How a plugin wants a gradient or outputs computed beside the training step. */
export interface SideComputation {
  /** Parameters [P] to use instead of the model's own. */
  readonly parameters?: Float32Array;
  /** True drops units. Default: false. */
  readonly training?: boolean;
  /** What a gradient is taken of. Default: the strategy's criterion. */
  readonly criterion?: Criterion;
}

/** How a plugin wants the gradients of single samples looked at. */
export interface RowGradientComputation extends Omit<SideComputation, "training"> {
  readonly measure: RowMeasure;
}

/** What a side computation of a gradient gives. */
export interface SideGradient {
  readonly loss: number;
  /** [P], borrowed until the next side computation of a gradient. */
  readonly gradient: Float32Array;
}

/** What numbers side computations. */
interface SideSteps {
  /** Side computations in training mode so far; each has dropout masks of its own. */
  sideSteps: number;
  /** The training iteration as which samples are augmented; 0 outside iterations. */
  readonly augmentation: number;
}

/** Asks for outputs; in training mode this is one more side computation. */
export function requestOutputs(
  steps: SideSteps,
  samples: Dataset,
  { parameters, training = false }: SideComputation,
): ComputeRequest {
  if (training) steps.sideSteps += 1;
  const dropoutStep = FIRST_SIDE_STEP + steps.sideSteps;
  const { augmentation } = steps;
  return { samples, training, dropoutStep, augmentation, ...(parameters ? { parameters } : {}) };
}

/** Asks for a gradient that leaves the training step's as it is. */
export function requestGradient(steps: SideSteps, samples: Dataset, options: SideComputation): ComputeRequest {
  return { ...requestOutputs(steps, samples, options), scratch: true };
}

/**
 * The mean over the request's samples of a measure of the gradient [P] of each sample's own loss; borrowed until the
 * next call. The criterion must be a mean over its samples.
 * @throws {RangeError} If there is no such measure.
 */
export async function averageRowGradients(
  cluster: Cluster,
  request: ComputeRequest,
  { criterion, measure }: { readonly criterion: Criterion; readonly measure: RowMeasure },
): Promise<Float32Array> {
  if (!ROW_MEASURES.includes(measure)) {
    throw new RangeRefusal(`rowGradientsOn: ${describeUnknownName("measure", String(measure), ROW_MEASURES)}`);
  }
  await cluster.backward({ ...request, rowMeasure: measure }, await differentiateRows(cluster, request, criterion));
  scaleVector(cluster.scratchGradient, 1 / request.samples.length);
  return cluster.scratchGradient;
}

/** Visits each sample's own gradient [P] of the criterion, which must be a mean over its samples, in order. */
export async function visitGradients(
  cluster: Cluster,
  request: ComputeRequest,
  { criterion, visit }: { readonly criterion: Criterion; readonly visit: (gradient: Float32Array) => void },
): Promise<void> {
  const { samples } = request;
  const { logicalShards } = cluster.options;
  const dOutput = await differentiateRows(cluster, request, criterion);
  const width = dOutput.length / samples.length;
  for (let start = 0; start < samples.length; start += logicalShards) {
    const end = Math.min(start + logicalShards, samples.length);
    const rows = samples.subset(Array.from({ length: end - start }, (_, i) => start + i));
    await cluster.backward({ ...request, samples: rows, perSample: true }, dOutput.slice(start * width, end * width));
    for (let index = 0; index < rows.length; index++) visit(cluster.gradientOfSample(index));
  }
}

/** The gradient of each sample's own loss with respect to its outputs, [B, C]. */
export async function differentiateRows(
  cluster: Cluster,
  request: ComputeRequest,
  criterion: Criterion,
): Promise<Float32Array> {
  const { targets, targetValues } = request.samples;
  const { dOutput } = await criterion.evaluate(await cluster.forward(request), targets, targetValues);
  // The mean's gradient holds 1/B of each sample's own.
  scaleVector(dOutput, request.samples.length);
  return dOutput;
}
