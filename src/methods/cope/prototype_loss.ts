import { elementAt } from "../../core/element_at.ts";
import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { Compatibility } from "../../core/options/compatibility.ts";
import { multiply, multiplyByTransposed } from "../../kernels/matrix_product.ts";
import type { LossAndGradient } from "../../training/losses/loss_and_gradient.ts";
import { createUnitRows, differentiateUnitRows } from "../../training/losses/supervised_contrast.ts";

/** What embeddings are compared with. */
export interface PrototypeComparison {
  /** A vector [D] of length 1 for every class, by class id; each label of the minibatch has one. */
  readonly prototypes: ReadonlyMap<number, Float64Array>;
  /** T */
  readonly temperature: number;
  /** Whether the repelled samples' pseudo-prototype, fᵢ, moves too: "paper", or is a constant: "avalanche". */
  readonly compatibility: Compatibility;
}

/** A row compared with the prototypes of all classes but one. */
interface Summary {
  /** ln A */
  readonly logSum: number;
  /** Each class's part of A; 0 for the one left out. */
  readonly shares: readonly number[];
}

/**
 * The pseudo-prototypical proxy loss of embeddings [B, D] brought to length 1, f. Every sample is drawn to its class's
 * prototype p and to the other samples of its class, and all samples of other classes are pushed off both: 1/B Σᵢ (−ln
 * mean σ(sim − ln Aᵢ) − Σⱼ ln (1 − ½ Σ σ(sim − ln Aⱼ))), where sim are the scaled products of fᵢ with p and with its
 * class's other samples; of fⱼ, a sample of another class, with p and fᵢ; and A is the sum of exp(f·p/T) over the
 * prototypes of the classes other than i's.
 *
 * Prototypes are constants. So are the pseudo-prototypes that a sample is drawn to, the other samples of its class:
 * they move by their own terms alone. fᵢ, which samples of other classes are pushed off, moves away from them as well;
 * with compatibility "avalanche" it is a constant. The equations leave this open. "paper" is the gradient of the
 * authors' own code, with which they checked the paper's figures, "avalanche" that of their plugin for Avalanche.
 * @see De Lange and Tuytelaars 2021, Continual Prototype Evolution, arXiv:2009.00919, equations 4 to 7
 */
export function evaluatePrototypeLoss(
  output: HostTensor,
  y: Int32Array,
  { prototypes, temperature, compatibility }: PrototypeComparison,
): LossAndGradient {
  const [rows, width] = matrixShape(output.shape);
  const unit = createUnitRows(output);
  const embeddings = { data: unit.data, rows, columns: width };
  const similarities = multiplyByTransposed(embeddings, embeddings).data;
  /** How the loss moves with each similarity, [B, B], as a row's own movement changes it. */
  const slopesOfPairs = new Float64Array(rows * rows);
  const gradient = new Float64Array(unit.data.length);
  const ids = [...prototypes.keys()];
  const vectors = [...prototypes.values()];
  /** f·p/T, [B, classes]. */
  const products = Array.from({ length: rows }, (_, i) => {
    const row = unit.data.subarray(i * width, (i + 1) * width);
    return vectors.map((p) => multiplyVectors(row, p) / temperature);
  });
  const addProduct = (i: number, vector: Float64Array, factor: number) => {
    for (let k = 0; k < width; k++) {
      gradient[i * width + k] = (gradient[i * width + k] ?? 0) + (factor / temperature) * (vector[k] ?? 0);
    }
  };
  /** ln A of a row for samples of a class, and what a change of it does to the row. */
  const summarize = (i: number, classIndex: number): Summary => {
    const others = elementAt(products, i).map((value, k) => (k === classIndex ? Number.NEGATIVE_INFINITY : value));
    const logSum = logSumExp(others);
    if (logSum === Number.NEGATIVE_INFINITY) return { logSum, shares: others.map(() => 0) };
    return { logSum, shares: others.map((value) => Math.exp(value - logSum)) };
  };
  // A row meets the same class again with each of its samples: A is computed once, and its slopes are added up first.
  const summaries = Array.from({ length: rows }, () => new Map<number, Summary & { slope: number }>());
  const recall = (i: number, classIndex: number) => {
    const known = summaries[i]?.get(classIndex);
    if (known) return known;
    const summary = { ...summarize(i, classIndex), slope: 0 };
    summaries[i]?.set(classIndex, summary);
    return summary;
  };
  let loss = 0;
  for (let i = 0; i < rows; i++) {
    const classIndex = ids.indexOf(elementAt(y, i));
    const prototype = elementAt(vectors, classIndex);
    const classmates = [...y.keys()].filter((k) => k !== i && y[k] === y[i]);
    for (let j = 0; j < rows; j++) {
      if (j !== i && y[j] === y[i]) continue;
      const summary = recall(j, classIndex);
      const { logSum } = summary;
      const toPrototype = sigmoid(elementAt(elementAt(products, j), classIndex) - logSum);
      const partners = j === i ? classmates : [i];
      const partnersMove = j !== i && compatibility === "paper";
      const toPartners = partners.map((k) => sigmoid((similarities[j * rows + k] ?? 0) / temperature - logSum));
      const count = 1 + partners.length;
      const mean = (toPrototype + toPartners.reduce((sum, p) => sum + p, 0)) / count;
      // Attracted to its own class's, repelled by others'.
      loss -= Math.log(j === i ? mean : Math.max(1 - mean, Number.MIN_VALUE)) / rows;
      const outer = (j === i ? -1 / mean : 1 / Math.max(1 - mean, 1e-12)) / (rows * count);
      const slopes = [toPrototype, ...toPartners].map((p) => outer * p * (1 - p));
      addProduct(j, prototype, elementAt(slopes, 0));
      for (let at = 0; at < partners.length; at++) {
        const slope = elementAt(slopes, at + 1);
        const k = elementAt(partners, at);
        slopesOfPairs[j * rows + k] = (slopesOfPairs[j * rows + k] ?? 0) + slope;
        if (partnersMove) slopesOfPairs[k * rows + j] = (slopesOfPairs[k * rows + j] ?? 0) + slope;
      }
      summary.slope += slopes.reduce((sum, slope) => sum + slope, 0);
    }
  }
  for (const [i, ofRow] of summaries.entries()) {
    for (const { shares, slope } of ofRow.values()) {
      for (const [k, vector] of vectors.entries()) addProduct(i, vector, -slope * elementAt(shares, k));
    }
  }
  const pulls = multiply({ data: slopesOfPairs, rows, columns: rows }, embeddings).data;
  for (const [i, pull] of pulls.entries()) gradient[i] = (gradient[i] ?? 0) + pull / temperature;
  return { loss, dOutput: differentiateUnitRows(unit, gradient) };
}

function multiplyVectors(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
