import { needs, RangeRefusal } from "../core/errors/errors.ts";
import type { Objective } from "./engine.ts";

/** What is said of a kind of objective where one is refused. */
interface KindRule {
  /** Why it cannot have a class mask; undefined where it can. */
  readonly noMask?: string;
  /** Why its elements cannot have weights; undefined where they can. */
  readonly noElementWeights?: string;
  /** What its constant must be; undefined where it has none. */
  readonly constant?: { readonly words: string; readonly isAllowed: (value: number) => boolean };
}

const OF_LOGITS = { noMask: "no class mask, as it is of logits" };
const OF_SOFTMAX = { noElementWeights: "no weights of elements, as its softmax ties them together" };
const GAMMA = { words: "a finite γ of at least 0 as its constant", isAllowed: (value: number) => value >= 0 };
const DELTA = { words: "a finite δ above 0 as its constant", isAllowed: (value: number) => value > 0 };

const KINDS: Readonly<Record<Objective["kind"], KindRule>> = {
  "cross-entropy": OF_SOFTMAX,
  focal: { ...OF_SOFTMAX, constant: GAMMA },
  "binary-cross-entropy": {},
  "binary-focal": { constant: GAMMA },
  mse: OF_LOGITS,
  huber: { ...OF_LOGITS, constant: DELTA },
};

/**
 * Checks an objective before an engine computes it.
 * @throws {RangeError} If its arrays do not fit n rows of C outputs, its constant is out of range, or its class mask or
 *   weights of elements are not finite or mean nothing.
 */
export function assertObjective(objective: Objective, { rows, outputs }: { rows: number; outputs: number }): void {
  const { kind, targets, weights, classMask, elementWeights } = objective;
  assertLength("targets", targets, rows * outputs);
  assertLength("weights", weights, rows);
  assertConstant(objective);
  const { noMask, noElementWeights } = KINDS[kind];
  if (classMask) {
    assertLength("classMask", classMask, outputs);
    if (noMask !== undefined) throw new RangeRefusal(needs("the objective", noMask, kind));
    // A target of 0 times an infinite logarithm would be NaN.
    assertFinite("a class mask of finite numbers (−1000, say)", classMask);
  }
  if (elementWeights) {
    assertLength("elementWeights", elementWeights, rows * outputs);
    if (noElementWeights !== undefined) throw new RangeRefusal(needs("the objective", noElementWeights, kind));
    assertFinite("finite weights of elements", elementWeights);
  }
}

function assertConstant({ kind, constant: value }: Objective): void {
  const { constant } = KINDS[kind];
  if (!constant && value === undefined) return;
  if (!constant) throw new RangeRefusal(needs(`the objective ${kind}`, "no constant", value));
  if (value !== undefined && Number.isFinite(value) && constant.isAllowed(value)) return;
  throw new RangeRefusal(needs(`the objective ${kind}`, constant.words, value));
}

function assertLength(name: string, array: Float32Array, length: number): void {
  if (array.length !== length) {
    throw new RangeRefusal(needs("the objective", `${length} values of ${name}`, array.length));
  }
}

function assertFinite(words: string, array: Float32Array): void {
  const infinite = array.find((value) => !Number.isFinite(value));
  if (infinite !== undefined) throw new RangeRefusal(needs("the objective", words, infinite));
}
