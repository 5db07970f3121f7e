import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { AffineHead } from "../../onnx/export/prediction_head.ts";

/** α·logit + β for the logits of some classes. */
export type BiasCorrection = Omit<AffineHead, "kind">;

/** Logits [B, C] with those of the correction's classes corrected. The caller owns the result. */
export function correctBias({ data, shape }: HostTensor, { classes, alpha, beta }: BiasCorrection): HostTensor {
  const columns = elementAt(shape, 1);
  return { data: data.map((value, i) => (classes.has(i % columns) ? alpha * value + beta : value)), shape };
}

/**
 * The α and β that give the corrected logits the least cross-entropy, the mean over the rows, plus 10⁻³/2 ((α − 1)² +
 * β²), which keeps them finite where the classes can be told apart without error. A convex problem in two numbers:
 * Newton's method, with steps halved until they help.
 * @param output Logits [B, C].
 * @param y Class ids [B], among `seen`.
 * @param classes Those whose logits are corrected, and all that compete.
 */
export function fitBiasCorrection(
  output: HostTensor,
  y: Int32Array,
  { newest, seen }: { readonly newest: ReadonlySet<number>; readonly seen: ReadonlySet<number> },
): BiasCorrection {
  const problem = { output, y, newest, columns: [...seen] };
  let [alpha, beta] = [1, 0];
  let current = measureCorrection(problem, alpha, beta);
  for (let round = 0; round < 100; round++) {
    const { loss, gradient, curvature } = current;
    const [a, b, c] = curvature;
    const determinant = a * c - b * b;
    const u = (c * gradient[0] - b * gradient[1]) / determinant;
    const v = (a * gradient[1] - b * gradient[0]) / determinant;
    if (Math.hypot(u, v) < 1e-9) break;
    let length = 1;
    let next = measureCorrection(problem, alpha - u, beta - v);
    while (next.loss > loss && length > 1e-6) {
      length /= 2;
      next = measureCorrection(problem, alpha - length * u, beta - length * v);
    }
    if (next.loss > loss) break;
    alpha -= length * u;
    beta -= length * v;
    current = next;
  }
  return { classes: newest, alpha, beta };
}

interface CorrectionProblem {
  readonly output: HostTensor;
  readonly y: Int32Array;
  readonly newest: ReadonlySet<number>;
  readonly columns: readonly number[];
}

const RIDGE = 1e-3;

/** The objective with its first and second derivatives: ∂αα, ∂αβ, ∂ββ. */
function measureCorrection({ output, y, newest, columns }: CorrectionProblem, alpha: number, beta: number) {
  const width = elementAt(output.shape, 1);
  let loss = (RIDGE / 2) * ((alpha - 1) ** 2 + beta ** 2);
  const gradient: [number, number] = [RIDGE * (alpha - 1), RIDGE * beta];
  const curvature: [number, number, number] = [RIDGE, 0, RIDGE];
  for (const [row, label] of y.entries()) {
    const raw = columns.map((column) => output.data[row * width + column] ?? 0);
    const slopes = columns.map((column) => (newest.has(column) ? 1 : 0));
    const corrected = raw.map((value, k) => (slopes[k] === 1 ? alpha * value + beta : value));
    const logSum = logSumExp(corrected);
    const target = columns.indexOf(label);
    loss -= (elementAt(corrected, target) - logSum) / y.length;
    // Moments, under the probabilities, of the logits' derivatives: the raw logit and 1 for new classes, 0 for others.
    const mean = { u: 0, v: 0, uu: 0, uv: 0, vv: 0 };
    for (const [k, logit] of corrected.entries()) {
      const probability = Math.exp(logit - logSum);
      const slope = elementAt(slopes, k);
      const [u, v] = [slope * elementAt(raw, k), slope];
      mean.u += probability * u;
      mean.v += probability * v;
      mean.uu += probability * u * u;
      mean.uv += probability * u * v;
      mean.vv += probability * v * v;
    }
    const ownSlope = elementAt(slopes, target);
    gradient[0] += (mean.u - ownSlope * elementAt(raw, target)) / y.length;
    gradient[1] += (mean.v - ownSlope) / y.length;
    curvature[0] += (mean.uu - mean.u * mean.u) / y.length;
    curvature[1] += (mean.uv - mean.u * mean.v) / y.length;
    curvature[2] += (mean.vv - mean.v * mean.v) / y.length;
  }
  return { loss, gradient, curvature };
}
