import fc from "fast-check";
import type { Rows } from "./slow_losses.ts";

/** Outputs and class ids of a minibatch. */
export interface MadeOutputs {
  readonly rows: Rows;
  readonly y: readonly number[];
}

const logit = fc.integer({ min: -64, max: 64 }).map((value) => value / 8);

/** Up to five rows of two to five logits from −8 to 8, numbers that float32 holds exactly, with class ids. */
export const madeOutputs: fc.Arbitrary<MadeOutputs> = fc
  .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 2, max: 5 }))
  .chain(([batch, classes]) =>
    fc.record({
      rows: fc.array(fc.array(logit, { minLength: classes, maxLength: classes }), {
        minLength: batch,
        maxLength: batch,
      }),
      y: fc.array(fc.nat(classes - 1), { minLength: batch, maxLength: batch }),
    }),
  );
