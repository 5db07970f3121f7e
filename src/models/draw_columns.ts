import { elementAt } from "../core/element_at.ts";
import type { ParameterEntry } from "../core/parameter_layout.ts";
import type { RandomStream } from "../core/random_stream.ts";

/** Deviation of the factors that scale earlier columns: the paper asks for small random values. */
const ALPHA_DEVIATION = 0.1;

/**
 * How the values of one tensor of a progressive network's column are drawn: kernels [in, out] and their biases from
 * U(−1/√in, 1/√in), as PyTorch draws linear layers, and the factors of earlier columns from N(0, 0.01).
 * @param own All tensors of the column, among them the kernel beside a bias.
 */
export function drawColumnTensor(
  { name, shape }: ParameterEntry,
  own: readonly ParameterEntry[],
  random: RandomStream,
): () => number {
  if (name.endsWith("/alpha")) return () => ALPHA_DEVIATION * random.normal();
  const kernel = name.endsWith("/bias")
    ? own.find((entry) => entry.name === name.replace(/bias$/, "kernel"))
    : undefined;
  const bound = 1 / Math.sqrt(elementAt(kernel?.shape ?? shape, 0));
  return () => (2 * random.uniform() - 1) * bound;
}
