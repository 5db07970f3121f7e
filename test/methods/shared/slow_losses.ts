import type { HostTensor } from "../../../src/core/host_tensor.ts";

/** Rows of numbers in double precision. */
export type Rows = readonly (readonly number[])[];

/** A loss written term by term, as the papers do: rows of logits and class ids to a number. */
export type SlowLoss = (rows: Rows, y: readonly number[]) => number;

/** −Σ q ln softmax(z), the mean over the rows, where q is 1 − ε + ε/C for the true class and ε/C for the others. */
export function slowCrossEntropy(labelSmoothing: number): SlowLoss {
  return (rows, y) => {
    const losses = rows.map((row, i) => {
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
      return -row.reduce((sum, z, c) => {
        const q = (c === y[i] ? 1 - labelSmoothing : 0) + labelSmoothing / row.length;
        return sum + q * Math.log(Math.exp(z) / total);
      }, 0);
    });
    return mean(losses);
  };
}

/** −t ln σ(z) − (1 − t) ln(1 − σ(z)) of one-hot t, the mean over all outputs. */
export function slowBinaryCrossEntropy(rows: Rows, y: readonly number[]): number {
  // 1 − σ(z) = σ(−z), which keeps its digits where σ(z) is near 1.
  const logChance = (z: number) => Math.log(1 / (1 + Math.exp(-z)));
  return mean(rows.flatMap((row, i) => row.map((z, c) => -logChance(c === y[i] ? z : -z))));
}

/** (z − t)² of one-hot t, the mean over all outputs. */
export function slowMSE(rows: Rows, y: readonly number[]): number {
  return mean(rows.flatMap((row, i) => row.map((z, c) => (z - (c === y[i] ? 1 : 0)) ** 2)));
}

/** −(1 − p)^γ ln p with p = softmax(z) of the true class, the mean over the rows. */
export function slowFocal(gamma: number): SlowLoss {
  return (rows, y) =>
    mean(
      rows.map((row, i) => {
        const powers = row.map((z) => Math.exp(z));
        const total = powers.reduce((sum, power) => sum + power, 0);
        const own = powers[y[i] ?? -1] ?? Number.NaN;
        return -(((total - own) / total) ** gamma) * Math.log(own / total);
      }),
    );
}

/** −(1 − p)^γ ln p with p = σ(z) where the target is 1 and σ(−z) where it is 0, the mean over all outputs. */
export function slowBinaryFocal(gamma: number): SlowLoss {
  const lose = (z: number) => -((1 / (1 + Math.exp(z))) ** gamma) * Math.log(1 / (1 + Math.exp(-z)));
  return (rows, y) => mean(rows.flatMap((row, i) => row.map((z, c) => lose(c === y[i] ? z : -z))));
}

/** d²/2, or δ (|d| − δ/2) for an error d of more than δ, of one-hot targets: the mean over all outputs. */
export function slowHuber(delta: number): SlowLoss {
  return (rows, y) =>
    mean(
      rows.flatMap((row, i) =>
        row.map((z, c) => {
          const distance = Math.abs(z - (c === y[i] ? 1 : 0));
          return distance < delta ? distance ** 2 / 2 : delta * (distance - delta / 2);
        }),
      ),
    );
}

/**
 * Σ −w_c q_c ln softmax(z)_c over rows and classes, divided by the weights of the true classes, with q as in
 * `slowCrossEntropy`.
 */
export function slowWeightedCrossEntropy(weights: readonly number[], labelSmoothing: number): SlowLoss {
  const weigh = (c: number | undefined) => weights[c ?? -1] ?? Number.NaN;
  return (rows, y) => {
    const losses = rows.map((row, i) => {
      const total = row.reduce((sum, z) => sum + Math.exp(z), 0);
      return row.reduce((sum, z, c) => {
        const q = (c === y[i] ? 1 - labelSmoothing : 0) + labelSmoothing / row.length;
        return sum - weigh(c) * q * Math.log(Math.exp(z) / total);
      }, 0);
    });
    return losses.reduce((sum, loss) => sum + loss, 0) / y.reduce((sum, id) => sum + weigh(id), 0);
  };
}

/** Central differences of a function of rows: one number an element, in their order. */
export function differentiateSlowly(f: (rows: Rows) => number, rows: Rows, step = 1e-4): number[] {
  const nudge = (row: number, column: number, by: number) =>
    f(rows.map((values, i) => (i === row ? values.map((value, j) => (j === column ? value + by : value)) : values)));
  return rows.flatMap((values, i) => values.map((_, j) => (nudge(i, j, step) - nudge(i, j, -step)) / (2 * step)));
}

/** The rows as outputs [B, C]. */
export function createOutput(rows: Rows): HostTensor {
  return { data: Float32Array.from(rows.flat()), shape: [rows.length, rows[0]?.length ?? 0] };
}

/** The largest difference between two vectors of one length; infinite where the lengths differ or a number is NaN. */
export function measureDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs((a[i] ?? Number.NaN) - (b[i] ?? Number.NaN));
    largest = Math.max(largest, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  return largest;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
