import type { HostTensor } from "../core/host_tensor.ts";
import type { LossAndGradient } from "./criterion.ts";
import { createUnitRows, differentiateUnitRows } from "./supervised_contrast.ts";

/** What embeddings are compared with. */
export interface PrototypeComparison {
  /** A vector [D] of length 1 for every class, by class id; each label of the minibatch has one. */
  readonly prototypes: ReadonlyMap<number, Float64Array>;
  /** T */
  readonly temperature: number;
}

/**
 * The pseudo-prototypical proxy loss of embeddings [B, D] brought to length 1, f. Every sample is drawn to its class's prototype p
 * and to the other samples of its class, and all samples of other classes are pushed off both:
 * 1/B Σᵢ (−ln mean σ(sim − ln Aᵢ) − Σⱼ ln (1 − ½ Σ σ(sim − ln Aⱼ))), where sim are the scaled products of fᵢ with p and with its class's
 * other samples; of fⱼ, a sample of another class, with p and fᵢ; and A is the sum of exp(f·p/T) over the prototypes of the classes
 * other than i's. Prototypes are constants.
 * @see De Lange and Tuytelaars 2021, Continual Prototype Evolution, arXiv:2009.00919, equations 4 to 7
 */
export function evaluatePrototypeLoss(
  output: HostTensor,
  y: Int32Array,
  { prototypes, temperature }: PrototypeComparison,
): LossAndGradient {
  const [rows = 0, width = 0] = output.shape;
  const unit = createUnitRows(output);
  const row = (i: number) => unit.data.subarray(i * width, (i + 1) * width);
  const gradient = new Float64Array(unit.data.length);
  const ids = [...prototypes.keys()];
  const vectors = [...prototypes.values()];
  /** f·p/T, [B, classes]. */
  const products = Array.from({ length: rows }, (_, i) => vectors.map((p) => multiply(row(i), p) / temperature));
  const addProduct = (i: number, vector: Float64Array, factor: number) => {
    for (let k = 0; k < width; k++) {
      gradient[i * width + k] = (gradient[i * width + k] ?? 0) + (factor / temperature) * (vector[k] ?? 0);
    }
  };
  /** ln A of a row, and what a change of it does to the row. */
  const summarize = (i: number, classIndex: number) => {
    const others = (products[i] ?? []).map((value, k) => (k === classIndex ? Number.NEGATIVE_INFINITY : value));
    const largest = Math.max(...others);
    if (largest === Number.NEGATIVE_INFINITY) return { logSum: largest, shares: others.map(() => 0) };
    const powers = others.map((value) => Math.exp(value - largest));
    const total = powers.reduce((sum, value) => sum + value, 0);
    return { logSum: largest + Math.log(total), shares: powers.map((value) => value / total) };
  };
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const classIndex = ids.indexOf(y[i] ?? -1);
    const prototype = vectors[classIndex] ?? new Float64Array(width);
    for (let j = 0; j < rows; j++) {
      if (j !== i && y[j] === y[i]) continue;
      const { logSum, shares } = summarize(j, classIndex);
      const toPrototype = sigmoid((products[j]?.[classIndex] ?? 0) - logSum);
      const partners = j === i ? [...y.keys()].filter((k) => k !== i && y[k] === y[i]) : [i];
      const toPartners = partners.map((k) => sigmoid(multiply(row(j), row(k)) / temperature - logSum));
      const count = 1 + partners.length;
      const mean = (toPrototype + toPartners.reduce((sum, p) => sum + p, 0)) / count;
      // Attracted to its own class's, repelled by others'.
      loss -= Math.log(j === i ? mean : Math.max(1 - mean, Number.MIN_VALUE)) / rows;
      const outer = (j === i ? -1 / mean : 1 / Math.max(1 - mean, 1e-12)) / (rows * count);
      const slopes = [toPrototype, ...toPartners].map((p) => outer * p * (1 - p));
      addProduct(j, prototype, slopes[0] ?? 0);
      for (const [at, k] of partners.entries()) {
        const slope = slopes[at + 1] ?? 0;
        addProduct(j, row(k), slope);
        addProduct(k, row(j), slope);
      }
      const total = slopes.reduce((sum, slope) => sum + slope, 0);
      for (const [k, share] of shares.entries()) addProduct(j, vectors[k] ?? prototype, -total * share);
    }
  }
  return { loss, dOutput: differentiateUnitRows(unit, gradient) };
}

function multiply(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
