import { drawBeta } from "../../core/draw_beta.ts";
import { elementAt } from "../../core/element_at.ts";
import type { RandomStream } from "../../core/random_stream.ts";
import type { Mixing } from "../../data/transforms/mixing.ts";

/** What is drawn for each sample of a minibatch. */
export interface MixingChoice {
  readonly kind: Mixing["kind"];
  readonly alpha: number;
  readonly probability: number;
  /** Of a sample: [height, width, channels] for cutmix. */
  readonly shape: readonly number[];
}

/**
 * Draws for each sample of a minibatch the other one, of the same task, and the share that it keeps: the draws of a
 * sample do not depend on those of others.
 * @param tasks The samples' task labels [B].
 */
export function drawMixing(tasks: Int32Array, choice: MixingChoice, stream: RandomStream): Mixing {
  const places = new Map<number, number[]>();
  for (const [place, task] of tasks.entries()) places.set(task, [...(places.get(task) ?? []), place]);
  const partners = new Int32Array(tasks.length);
  const shares = new Float32Array(tasks.length);
  const rectangles = new Int32Array(4 * tasks.length);
  for (const [place, task] of tasks.entries()) {
    const own = places.get(task) ?? [place];
    partners[place] = elementAt(own, stream.integer(own.length));
    const isMixed = stream.uniform() < choice.probability;
    const share = isMixed ? drawBeta(choice.alpha, stream) : 1;
    const rectangle = choice.kind === "cutmix" ? drawRectangle(share, choice.shape, stream) : undefined;
    shares[place] = rectangle?.share ?? share;
    if (rectangle) rectangles.set(rectangle.edges, 4 * place);
  }
  return { kind: choice.kind, partners, shares, rectangles };
}

/**
 * A rectangle with the image's proportions and 1 − share of its area, about a point anywhere in the image: what lies
 * outside is cut off, and the share is what is left of the image then.
 */
function drawRectangle(share: number, [height = 1, width = 1]: readonly number[], stream: RandomStream) {
  const side = Math.sqrt(1 - share);
  const [halfHeight, halfWidth] = [Math.floor(height * side) >> 1, Math.floor(width * side) >> 1];
  const [y, x] = [stream.integer(height), stream.integer(width)];
  const [top, bottom] = [Math.max(0, y - halfHeight), Math.min(height, y + halfHeight)];
  const [left, right] = [Math.max(0, x - halfWidth), Math.min(width, x + halfWidth)];
  return { edges: [top, left, bottom, right], share: 1 - ((bottom - top) * (right - left)) / (height * width) };
}
