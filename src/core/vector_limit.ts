import { RangeRefusal } from "./errors/errors.ts";

/** The most values of a flat vector: 4 GiB of float32. Bun makes no larger buffer, and WebAssembly no larger memory. */
export const MAX_VECTOR_LENGTH = 2 ** 30;

/** How many values a model's two flat vectors have. */
export interface VectorLengths {
  /** P, trained parameters. */
  readonly parameters: number;
  /** Q, values of layer state. */
  readonly state: number;
}

/**
 * Refuses a model whose flat vectors no buffer can hold, before anything is allocated for it.
 * @param subject What the message begins with: "the model resnet".
 * @throws {RangeError} If one of them has more than 2^30 values; the message says what makes it shorter.
 */
export function assertVectorsFit(subject: string, { parameters, state }: VectorLengths): void {
  const limit = `${MAX_VECTOR_LENGTH} (4 GiB)`;
  if (parameters > MAX_VECTOR_LENGTH) {
    throw new RangeRefusal(
      `${subject} may have at most ${limit} parameters that are trained, got ${parameters}: ` +
        "freeze a part of it (trainable: false), or make its largest layers smaller",
    );
  }
  if (state > MAX_VECTOR_LENGTH) {
    throw new RangeRefusal(
      `${subject} may have at most ${limit} values that are not trained (frozen weights, moving statistics), ` +
        `got ${state}: freeze less of it, or make its largest layers smaller`,
    );
  }
}
