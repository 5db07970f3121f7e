import type { Objective } from "../../src/engine/engine.ts";

/** One row of an objective in double precision. */
interface Row {
  readonly logits: readonly number[];
  readonly targets: readonly number[];
  readonly elementWeights: readonly number[];
  readonly constant: number;
}

/** The loss of one row by the formula of its paper or textbook. */
const ROW_LOSSES: Readonly<Record<Objective["kind"], (row: Row) => number>> = {
  "cross-entropy": ({ logits, targets }) => {
    const logChances = logSoftmax(logits);
    return sum(logits, (_, c) => -at(targets, c) * at(logChances, c));
  },
  focal: ({ logits, targets, constant }) => {
    const logChances = logSoftmax(logits);
    const chances = logChances.map(Math.exp);
    // 1 − p as the sum of the others, which keeps its digits where p is near 1.
    const doubt = (c: number) => sum(chances, (chance, other) => (other === c ? 0 : chance));
    return sum(logits, (_, c) => -at(targets, c) * doubt(c) ** constant * at(logChances, c));
  },
  "binary-cross-entropy": (row) => average(row, (z, target) => -target * logSigmoid(z) - (1 - target) * logSigmoid(-z)),
  "binary-focal": (row) => {
    const lose = (z: number) => -Math.exp(row.constant * logSigmoid(-z)) * logSigmoid(z);
    return average(row, (z, target) => target * lose(z) + (1 - target) * lose(-z));
  },
  mse: (row) => average(row, (z, target) => (z - target) ** 2),
  huber: (row) =>
    average(row, (z, target) => {
      const [distance, delta] = [Math.abs(z - target), row.constant];
      return distance <= delta ? distance ** 2 / 2 : delta * (distance - delta / 2);
    }),
};

/** Losses [n] of outputs [n, C], the slow way and in float64. */
export function computeLossesSlowly(objective: Objective, outputs: Float32Array): number[] {
  return listRows(objective, outputs).map(ROW_LOSSES[objective.kind]);
}

/** d(Σ weights · losses)/dOutputs [n, C], by central differences in float64. */
export function computeOutputGradient(objective: Objective, outputs: Float32Array): Float32Array {
  const step = 1e-5;
  const lose = ROW_LOSSES[objective.kind];
  const slopes = listRows(objective, outputs).flatMap((row, r) => {
    const moved = (c: number, by: number) => ({ ...row, logits: row.logits.map((z, i) => (i === c ? z + by : z)) });
    const slope = (c: number) => (lose(moved(c, step)) - lose(moved(c, -step))) / (2 * step);
    return row.logits.map((_, c) => (objective.weights[r] ?? 0) * slope(c));
  });
  return Float32Array.from(slopes);
}

function listRows(
  { targets, weights, classMask, elementWeights, constant = 0 }: Objective,
  outputs: Float32Array,
): Row[] {
  const classes = targets.length / weights.length;
  return Array.from(weights, (_, row) => {
    const [start, end] = [row * classes, (row + 1) * classes];
    return {
      logits: Array.from(outputs.subarray(start, end), (logit, c) => logit + (classMask?.[c] ?? 0)),
      targets: [...targets.subarray(start, end)],
      elementWeights: Array.from({ length: classes }, (_, c) => elementWeights?.[start + c] ?? 1),
      constant,
    };
  });
}

function average({ logits, targets, elementWeights }: Row, lose: (z: number, target: number) => number): number {
  return sum(logits, (z, c) => at(elementWeights, c) * lose(z, at(targets, c))) / logits.length;
}

function logSoftmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const logSum = largest + Math.log(sum(logits, (z) => Math.exp(z - largest)));
  return logits.map((z) => z - logSum);
}

function logSigmoid(z: number): number {
  return Math.min(z, 0) - Math.log1p(Math.exp(-Math.abs(z)));
}

function sum(values: readonly number[], f: (value: number, i: number) => number): number {
  return values.reduce((total, value, i) => total + f(value, i), 0);
}

function at(values: readonly number[], i: number): number {
  return values[i] ?? Number.NaN;
}
