import type { SeenMinibatch } from "./fake_strategy.ts";

/** Accuracy sample by sample, from rows of logits. */
export function computeSlowAccuracy(minibatches: readonly Pick<SeenMinibatch, "logits" | "y">[]): number {
  const hits = minibatches.flatMap(({ logits, y }) =>
    logits.map((row, i): number => (row.indexOf(Math.max(...row)) === y[i] ? 1 : 0)),
  );
  return hits.reduce((sum, hit) => sum + hit, 0) / hits.length;
}

/** Mean loss of a sample: every sample has its minibatch's loss. */
export function computeSlowLoss(minibatches: readonly Pick<SeenMinibatch, "y" | "loss">[]): number {
  const losses = minibatches.flatMap(({ y, loss }) => y.map(() => loss));
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}
