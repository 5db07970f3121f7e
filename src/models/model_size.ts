import { RangeRefusal } from "../core/errors/errors.ts";
import { MAX_VECTOR_LENGTH } from "../core/vector_limit.ts";

/** More layers than this are a mistake. */
const MAX_LAYERS = 1000;

/**
 * Refuses dense layers that no machine could train, before anything is allocated for them.
 * @param subject What is built: "simple-mlp".
 * @param widths Units of each layer in order, the input's first.
 * @throws {RangeRefusal} If they have more than 2^30 parameters.
 */
export function assertModelSize(subject: string, widths: readonly number[]): void {
  const parameters = widths.slice(1).reduce((sum, units, i) => sum + ((widths[i] ?? 0) + 1) * units, 0);
  if (parameters <= MAX_VECTOR_LENGTH) return;
  throw new RangeRefusal(
    `${subject}: a model may have at most ${MAX_VECTOR_LENGTH} parameters, this one has ${parameters}; ` +
      "make its layers smaller",
  );
}

/** The same for hidden layers of one width, of which there may be too many to list. */
export function assertHiddenSize(
  subject: string,
  {
    inputs,
    hiddenSize,
    hiddenLayers,
    outputs,
  }: Readonly<Record<"inputs" | "hiddenSize" | "hiddenLayers" | "outputs", number>>,
): void {
  if (hiddenLayers > MAX_LAYERS)
    throw new RangeRefusal(`hiddenLayers must be at most ${MAX_LAYERS}, got ${hiddenLayers}`);
  assertModelSize(subject, [inputs, ...Array.from({ length: hiddenLayers }, () => hiddenSize), outputs]);
}
