import type { MeasureName } from "../evaluation/measures.ts";
import type { ExportForm } from "./exports/export_form.ts";

/** A thing chosen by name, with every option that it was made with. */
export interface NamedChoice {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The criterion that a run's configuration names; undefined for the default. */
export function readCriterion(config: unknown): NamedChoice | undefined {
  const { name, options } = readEntries(readEntries(config).criterion);
  return typeof name === "string" ? { name, options: readEntries(options) } : undefined;
}

function readEntries(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** Everything that decides a run, as config.json holds it: a run can be repeated from it alone. Plain data. */
export interface RunConfig {
  /** Of this file's format. */
  readonly version: 1;
  readonly benchmark: NamedChoice;
  readonly strategy: NamedChoice;
  readonly plugins: readonly NamedChoice[];
  readonly model: NamedChoice;
  readonly optimizer: NamedChoice;
  readonly epochs: number;
  readonly batchSize: number;
  /** Whether a last, smaller minibatch is left out of training. */
  readonly dropLast: boolean;
  readonly evalBatchSize: number;
  /** 0 computes in the coordinator. */
  readonly workers: number;
  /** What the numbers of a run depend on; they do not depend on `workers`. */
  readonly logicalShards: number;
  /** What replicas live in, "thread" or "process"; absent where the devices decide. */
  readonly isolation?: string | undefined;
  readonly engine: string;
  readonly devices: readonly string[];
  readonly seed: number;
  /** Folder with the data set's files; null where they come from an installed package. */
  readonly data: string | null;
  /** How often a checkpoint is made inside an experience: "50" iterations, "30s". */
  readonly checkpointEvery: string;
  /** How many lost replicas are replaced. */
  readonly maxRestarts: number;
  /** False leaves the ONNX files out. */
  readonly exportsModels: boolean;
  /** True where low-rank adapters stay nodes of the ONNX files; absent where they are added to the weights. */
  readonly keepAdapters?: boolean | undefined;
  /** The form in which models are exported once more; absent where they are not. */
  readonly exportForm?: ExportForm | undefined;
  /** Bytes of features of frozen layers that replicas keep, or the folder where they lie; absent for the default. */
  readonly featureCache?: number | string | undefined;
  /** Bytes of samples that are in memory at a time; absent for the default. */
  readonly cacheBytes?: number | undefined;
  /** What training steps are computed in; absent for float32. */
  readonly precision?: string | undefined;
  /** Whether CUDA multiplies float32 in TF32; absent where it does. */
  readonly tf32?: boolean | undefined;
  /** How cuDNN chooses algorithms of convolutions; absent for onnxruntime's default. */
  readonly convolutionSearch?: string | undefined;
  /** Whether arrays that CUDA copies at each step are locked; absent where it is not. */
  readonly pinnedMemory?: boolean | undefined;
  /** What is minimised; absent for cross-entropy without options. */
  readonly criterion?: NamedChoice | undefined;
  /** What is measured besides, by modules of the user's; absent where there are none. */
  readonly metrics?: readonly NamedChoice[] | undefined;
  /** SHA-256 of the parameters that the run began with, where they are another run's. */
  readonly startParametersHash?: string | undefined;
  /** The experiences by name, in their order, where they have names. */
  readonly experienceNames?: readonly string[] | undefined;
  /** What the numbers to predict are, where targets are numbers with names: the outputs of the run's models. */
  readonly targetNames?: readonly string[] | undefined;
  /** What the matrix shows; absent for the default. */
  readonly measure?: MeasureName | undefined;
  /**
   * The label of each class id, where labels are not the ids themselves: the outputs of the run's models. Where the
   * benchmark counts ids anew from 0, the labels of the data in their order; summaries of experiences have their own.
   */
  readonly classNames?: readonly string[] | undefined;
}
