import type { Cluster } from "../../cluster/cluster.ts";
import type { ComputeRequest } from "../../cluster/compute_request.ts";
import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";
import { dot } from "../../core/vector.ts";
import { Dataset } from "../../data/dataset.ts";
import { GIVEN_VECTORS, HeldVectors } from "../../kernels/held_vectors.ts";
import { type Matrix, multiplyByTransposed } from "../../kernels/matrix_product.ts";
import type { RowFactor, RowFactorLayout } from "../../onnx/row_factors.ts";
import type { Criterion } from "../losses/criterion.ts";
import { differentiateRows, visitGradients } from "./side_computations.ts";

/** Whose gradients are compared with the request's samples', and what they are gradients of. */
export interface GradientComparison {
  readonly others: Dataset;
  readonly criterion: Criterion;
}

/**
 * Cosines [B, K] of the angles between each sample's own gradient [P] and those of K others, 0 where one is zero. Of
 * the criterion, which must be a mean over its samples. Where gradients have factors, as those of dense layers have, no
 * gradient is computed: products of gradients are those of their factors.
 */
export async function compareGradients(
  cluster: Cluster,
  request: ComputeRequest,
  comparison: GradientComparison,
): Promise<HostTensor> {
  const shape = [request.samples.length, comparison.others.length];
  if (comparison.others.length === 0) return { data: new Float32Array(0), shape };
  const layout = await cluster.rowResults.findFactorLayout();
  const data = await (layout
    ? compareByFactors(cluster, request, { ...comparison, layout })
    : compareOneByOne(cluster, request, comparison));
  return { data, shape };
}

async function compareByFactors(
  cluster: Cluster,
  request: ComputeRequest,
  { others, criterion, layout }: GradientComparison & { readonly layout: RowFactorLayout },
): Promise<Float32Array> {
  // All in one minibatch: two small ones would take longer.
  const all = { ...request, samples: Dataset.concat([request.samples, others]) };
  const { data } = await cluster.rowResults.factors(all, await differentiateRows(cluster, all, criterion));
  const count = request.samples.length;
  const own = layout.factors.map((factor) => takeColumns(data, factor, { layout, start: 0, end: count }));
  const other = layout.factors.map((factor) =>
    takeColumns(data, factor, { layout, start: count, end: all.samples.length }),
  );
  const products = own.map((factor, i) => multiplyByTransposed(factor, elementAt(other, i)).data);
  const made = addTerms(products, layout);
  const [lengths, otherLengths] = [own, other].map((factors) => measureLengths(factors, layout));
  return divideByLengths(made, lengths ?? [], otherLengths ?? []);
}

async function compareOneByOne(
  cluster: Cluster,
  request: ComputeRequest,
  { others, criterion }: GradientComparison,
): Promise<Float32Array> {
  const held = new HeldVectors();
  held.reserve(others.length, cluster.model.layout.size);
  const otherLengths: number[] = [];
  const hold = (gradient: Float32Array) => {
    held.hold(otherLengths.length, gradient);
    otherLengths.push(Math.sqrt(dot(gradient, gradient)));
  };
  await visitGradients(cluster, { ...request, samples: others }, { criterion, visit: hold });
  const products: number[] = [];
  const lengths: number[] = [];
  let waiting = 0;
  const multiply = () => {
    for (const made of held.multiply(waiting)) {
      products.push(...made.products);
      lengths.push(Math.sqrt(made.square));
    }
    waiting = 0;
  };
  const give = (gradient: Float32Array) => {
    held.give(waiting, gradient);
    waiting += 1;
    if (waiting === GIVEN_VECTORS) multiply();
  };
  await visitGradients(cluster, request, { criterion, visit: give });
  multiply();
  return divideByLengths(products, lengths, otherLengths);
}

/** A factor's columns of the rows [start, end) in double precision. */
function takeColumns(
  data: Float32Array,
  factor: RowFactor,
  { layout, start, end }: { readonly layout: RowFactorLayout; readonly start: number; readonly end: number },
): Matrix {
  const taken = new Float64Array((end - start) * factor.width);
  for (let row = start; row < end; row++) {
    const from = row * layout.width + factor.start;
    taken.set(data.subarray(from, from + factor.width), (row - start) * factor.width);
  }
  return { data: taken, rows: end - start, columns: factor.width };
}

/** Products of gradients from those of their factors, one each. */
function addTerms(products: readonly ArrayLike<number>[], { terms }: RowFactorLayout): Float64Array {
  const sums = new Float64Array(elementAt(products, 0).length);
  for (let i = 0; i < sums.length; i++) {
    let sum = 0;
    for (const term of terms) sum += term.reduce((product, factor) => product * (products[factor]?.[i] ?? 0), 1);
    sums[i] = sum;
  }
  return sums;
}

function measureLengths(factors: readonly Matrix[], layout: RowFactorLayout): Float64Array {
  return addTerms(factors.map(squareRows), layout).map(Math.sqrt);
}

/** The product of each row with itself. */
function squareRows({ data, rows, columns }: Matrix): Float64Array {
  const squares = new Float64Array(rows);
  for (let row = 0, i = 0; row < rows; row++) {
    let sum = 0;
    for (const end = i + columns; i < end; i++) sum += (data[i] ?? 0) ** 2;
    squares[row] = sum;
  }
  return squares;
}

/** products [B, K] by both lengths; what has no length has no direction either. */
function divideByLengths(
  products: ArrayLike<number>,
  lengths: ArrayLike<number>,
  others: ArrayLike<number>,
): Float32Array {
  return Float32Array.from(products, (product, i) => {
    const length = lengths[Math.floor(i / others.length)] ?? 0;
    return product / ((length || 1) * (others[i % others.length] || 1));
  });
}
