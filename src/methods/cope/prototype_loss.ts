import { type HostTensor, matrixShape } from "../../core/host_tensor.ts";
import { logSumExp } from "../../core/log_sum_exp.ts";
import type { Compatibility } from "../../core/options/compatibility.ts";
import { type Matrix, multiply, multiplyByTransposed } from "../../kernels/matrix_product.ts";
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

/** Factors are at least 1e-16: a product is taken in before it could become subnormal. */
const LEAST_PRODUCT = 1e-200;

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
  const [rows, columns] = matrixShape(output.shape);
  const unit = createUnitRows(output);
  const embeddings: Matrix = { data: unit.data, rows, columns };
  const vectors: Matrix = { data: joinVectors([...prototypes.values()]), rows: prototypes.size, columns };
  const ids = [...prototypes.keys()];
  const scaled = { ...embeddings, data: unit.data.map((value) => value / temperature) };
  const pairs = comparePairs(
    {
      partners: multiplyByTransposed(scaled, embeddings).data,
      prototypes: multiplyByTransposed(scaled, vectors).data,
    },
    { classes: y.map((id) => ids.indexOf(id)), classCount: vectors.rows, partnersMove: compatibility === "paper" },
  );
  const pulls = multiply({ data: pairs.ofPartners, rows, columns: rows }, embeddings).data;
  const pullsOfPrototypes = multiply({ data: pairs.ofPrototypes, rows, columns: vectors.rows }, vectors).data;
  const gradient = pulls.map((pull, i) => (pull + (pullsOfPrototypes[i] ?? 0)) / temperature);
  return { loss: pairs.loss, dOutput: differentiateUnitRows(unit, gradient) };
}

/** The scaled products of rows with what they are compared with. */
interface Similarities {
  /** With each other [B, B]; symmetric but for rounding. */
  readonly partners: Float64Array;
  /** With the prototypes [B, K]. */
  readonly prototypes: Float64Array;
}

/** The loss and how it moves with each similarity. */
interface PairSlopes {
  readonly loss: number;
  /** [B, B], as a row's own movement changes it. */
  readonly ofPartners: Float64Array;
  /** [B, K] */
  readonly ofPrototypes: Float64Array;
}

interface Classes {
  /** Each row's place among the prototypes [B]. */
  readonly classes: Int32Array;
  /** K */
  readonly classCount: number;
  readonly partnersMove: boolean;
}

/** Every row i with itself and with the rows j of other classes, which are pushed off its class. */
function comparePairs(similarities: Similarities, ofRows: Classes): PairSlopes {
  const { classes, classCount } = ofRows;
  const logSums = summarizeOthers(similarities.prototypes, ofRows);
  const pairs = {
    ...ofRows,
    partners: similarities.partners,
    logSums,
    toPrototypes: similarities.prototypes.map((product, at) => sigmoid(product - (logSums[at] ?? 0))),
    ofPartners: new Float64Array(classes.length ** 2),
    ofPrototypes: new Float64Array(similarities.prototypes.length),
    ofLogSums: new Float64Array(similarities.prototypes.length),
  };
  let loss = 0;
  for (let i = 0; i < classes.length; i++) loss -= (attractRow(i, pairs) + repelRows(i, pairs)) / classes.length;
  shareOut(pairs.ofPrototypes, pairs.ofLogSums, { products: similarities.prototypes, logSums, classCount });
  return { loss, ofPartners: pairs.ofPartners, ofPrototypes: pairs.ofPrototypes };
}

interface Pairs extends Classes, Omit<PairSlopes, "loss"> {
  /** [B, B] */
  readonly partners: Float64Array;
  /** ln A of each row for each class, [B, K]. */
  readonly logSums: Float64Array;
  /** σ(f·p − ln A), [B, K]. */
  readonly toPrototypes: Float64Array;
  /** How the loss falls with ln A, [B, K]. */
  readonly ofLogSums: Float64Array;
}

/** Row i with the prototype and the other rows of its class. Returns the logarithm of their mean. */
function attractRow(i: number, pairs: Pairs): number {
  const { classes, classCount, partners, logSums, toPrototypes, ofPartners, ofPrototypes, ofLogSums } = pairs;
  const rows = classes.length;
  const own = classes[i] ?? 0;
  const at = i * classCount + own;
  const logSum = logSums[at] ?? 0;
  const toPrototype = toPrototypes[at] ?? 0;
  let sum = toPrototype;
  let count = 1;
  for (let j = 0; j < rows; j++) {
    if (j === i || classes[j] !== own) continue;
    const toPartner = sigmoid((partners[i * rows + j] ?? 0) - logSum);
    ofPartners[i * rows + j] = toPartner * (1 - toPartner);
    sum += toPartner;
    count += 1;
  }
  const pull = -1 / (sum * rows);
  let slopes = pull * toPrototype * (1 - toPrototype);
  ofPrototypes[at] = (ofPrototypes[at] ?? 0) + slopes;
  for (let j = 0; j < rows; j++) {
    if (j === i || classes[j] !== own) continue;
    const slope = pull * (ofPartners[i * rows + j] ?? 0);
    ofPartners[i * rows + j] = slope;
    slopes += slope;
  }
  ofLogSums[at] = (ofLogSums[at] ?? 0) + slopes;
  return Math.log(sum / count);
}

/** The rows of other classes with the prototype of row i's class and with i. Returns the sum of their logarithms. */
function repelRows(i: number, pairs: Pairs): number {
  const { classes, classCount, partnersMove, partners, logSums, toPrototypes } = pairs;
  const { ofPartners, ofPrototypes, ofLogSums } = pairs;
  const rows = classes.length;
  const own = classes[i] ?? 0;
  let sum = 0;
  // The logarithm of a product takes the place of its factors' own, which cost as much as all the rest.
  let product = 1;
  for (let j = 0; j < rows; j++) {
    if (classes[j] === own) continue;
    const at = j * classCount + own;
    const toPrototype = toPrototypes[at] ?? 0;
    const toPartner = sigmoid((partners[i * rows + j] ?? 0) - (logSums[at] ?? 0));
    const rest = 1 - (toPrototype + toPartner) / 2;
    if (rest > 0) product *= rest;
    else sum += Math.log(Number.MIN_VALUE);
    if (product < LEAST_PRODUCT) {
      sum += Math.log(product);
      product = 1;
    }
    const push = 1 / (2 * rows * Math.max(rest, 1e-12));
    const slopeOfPrototype = push * toPrototype * (1 - toPrototype);
    const slope = push * toPartner * (1 - toPartner);
    ofPrototypes[at] = (ofPrototypes[at] ?? 0) + slopeOfPrototype;
    ofLogSums[at] = (ofLogSums[at] ?? 0) + slopeOfPrototype + slope;
    ofPartners[j * rows + i] = (ofPartners[j * rows + i] ?? 0) + slope;
    if (partnersMove) ofPartners[i * rows + j] = (ofPartners[i * rows + j] ?? 0) + slope;
  }
  return sum + Math.log(product);
}

/** ln A [B, K]: of each row without each class. 0 for classes of which no row is: nothing is compared with those. */
function summarizeOthers(
  products: Float64Array,
  { classes, classCount }: Pick<Classes, "classes" | "classCount">,
): Float64Array {
  const logSums = new Float64Array(products.length);
  const present = new Set(classes);
  for (let start = 0; start < products.length; start += classCount) {
    for (const left of present) {
      const others = products.slice(start, start + classCount);
      others[left] = Number.NEGATIVE_INFINITY;
      logSums[start + left] = logSumExp(others);
    }
  }
  return logSums;
}

/** Takes from the slopes of each product what it changes in the sums ln A that it is part of. */
function shareOut(
  ofPrototypes: Float64Array,
  ofLogSums: Float64Array,
  {
    products,
    logSums,
    classCount,
  }: { readonly products: Float64Array; readonly logSums: Float64Array; readonly classCount: number },
): void {
  for (const [at, slope] of ofLogSums.entries()) {
    if (slope === 0) continue;
    const start = at - (at % classCount);
    for (let k = start; k < start + classCount; k++) {
      if (k === at) continue;
      ofPrototypes[k] = (ofPrototypes[k] ?? 0) - slope * Math.exp((products[k] ?? 0) - (logSums[at] ?? 0));
    }
  }
}

function joinVectors(vectors: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let filled = 0;
  for (const vector of vectors) {
    joined.set(vector, filled);
    filled += vector.length;
  }
  return joined;
}

function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}
