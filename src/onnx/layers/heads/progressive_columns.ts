import type { ParameterSpec } from "../layer_definition.ts";

/** How a progressive network is built, whatever the number of its columns. */
export interface ProgressiveSettings {
  /** How many hidden layers each column has, at least 1. */
  readonly hiddenLayers: number;
  /** Units of each hidden layer of each column. */
  readonly hiddenSize: number;
  /** What joins earlier columns: "linear" a matrix, "mlp" a hidden layer of their scaled activations. */
  readonly adapter: "linear" | "mlp";
  /**
   * Where earlier columns are joined. "hidden": to all layers but the first, the output included, from the layer
   * before: the paper's. "input": to hidden layers alone, to the first from the input: Avalanche's.
   */
  readonly laterals: "hidden" | "input";
}

/** How wide it is now. */
export interface ProgressiveWidth {
  /** U, the width of the output. */
  readonly units: number;
  /** The task label of each column, oldest first. There is one column even where no task has begun. */
  readonly tasks: readonly number[];
}

/** One layer of one column. */
export interface ColumnLayer {
  /** What its tensors are called: "c1/l0". */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** How many columns it is joined to; 0 if none. */
  readonly joined: number;
  /** Width of the adapter's hidden layer, where it has one. */
  readonly adapterSize: number;
  readonly isOutput: boolean;
}

/** At least one column: an optimizer needs something to step. */
export function countColumns({ tasks }: ProgressiveWidth): number {
  return Math.max(1, tasks.length);
}

/** The layers of a column, from the input [N, features] up. */
export function listColumnLayers(
  settings: ProgressiveSettings & ProgressiveWidth,
  { column, features }: { readonly column: number; readonly features: number },
): ColumnLayer[] {
  const { hiddenLayers, hiddenSize, laterals, units } = settings;
  return Array.from({ length: hiddenLayers + 1 }, (_, at) => {
    const inputs = at === 0 ? features : hiddenSize;
    const isOutput = at === hiddenLayers;
    const outputs = isOutput ? units : hiddenSize;
    const isJoined = laterals === "hidden" ? at > 0 : !isOutput;
    return {
      name: `c${column}/l${at}`,
      inputs,
      outputs,
      joined: isJoined ? column : 0,
      adapterSize: laterals === "hidden" ? inputs : outputs,
      isOutput,
    };
  });
}

/**
 * Every tensor of a progressive network on an input [N, features], column by column, and last `active` [columns,
 * units]. Those of the newest column are trainable; all others are state.
 * @param layer The network's own name, which all names begin with.
 */
export function describeColumns(
  layer: string,
  settings: ProgressiveSettings & ProgressiveWidth,
  features: number,
): ParameterSpec[] {
  const columns = countColumns(settings);
  const tensors = Array.from({ length: columns }, (_, column) =>
    listColumnLayers(settings, { column, features }).flatMap((part) =>
      describeLayer(part, settings.adapter).map(([name, shape]) => ({
        name: `${layer}/${part.name}/${name}`,
        shape,
        isTrainable: column === columns - 1,
      })),
    ),
  ).flat();
  return [...tensors, { name: `${layer}/active`, shape: [columns, settings.units], isTrainable: false }];
}

/** Kernels are [in, out]; with an adapter "mlp", `alpha` scales each of the columns that are joined. */
function describeLayer(
  { inputs, outputs, joined, adapterSize }: ColumnLayer,
  adapter: ProgressiveSettings["adapter"],
): (readonly [name: string, shape: readonly number[]])[] {
  const own = [["kernel", [inputs, outputs]] as const, ["bias", [outputs]] as const];
  if (joined === 0) return own;
  if (adapter === "linear") return [...own, ["lateral/kernel", [joined * inputs, outputs]]];
  return [
    ...own,
    ["alpha", [joined]],
    ["v/kernel", [joined * inputs, adapterSize]],
    ["v/bias", [adapterSize]],
    ["u/kernel", [adapterSize, outputs]],
  ];
}
