import { elementAt } from "../../core/element_at.ts";
import type { HostTensor } from "../../core/host_tensor.ts";

/**
 * The mean of the rows of `features` [N, F]: [F], in double precision; zeros where there is no row. The caller owns it.
 */
export function averageRows({ data, shape }: HostTensor): Float64Array<ArrayBuffer> {
  const rows = elementAt(shape, 0);
  const width = rows === 0 ? 0 : data.length / rows;
  const mean = new Float64Array(width);
  for (let i = 0, column = 0; i < data.length; i++) {
    mean[column] = (mean[column] ?? 0) + (data[i] ?? 0) / rows;
    column = column + 1 === width ? 0 : column + 1;
  }
  return mean;
}

/** The rows of `features` [N, F] at length 1; rows of zeros stay. The caller owns the result. */
export function normalizeRows(features: HostTensor): HostTensor {
  const { data, shape } = features;
  const squares = squareRows(features);
  const width = squares.length === 0 ? 1 : data.length / squares.length;
  return { data: data.map((value, i) => value / (Math.sqrt(squares[Math.floor(i / width)] ?? 0) || 1)), shape };
}

/** Positions of the rows of `features` [N, F] by their distance from the rows' mean, nearest first. */
export function rankByDistance(features: HostTensor): Int32Array<ArrayBuffer> {
  const mean = averageRows(features);
  const rows = elementAt(features.shape, 0);
  const distances = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = 0; i < mean.length; i++) {
      const difference = (features.data[row * mean.length + i] ?? 0) - (mean[i] ?? 0);
      square += difference * difference;
    }
    distances[row] = square;
  }
  const order = Int32Array.from(distances, (_, row) => row);
  return order.sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0) || a - b);
}

/**
 * Greedy choice of `count` rows of `features` [N, F]: the k-th is the one that, of those left, brings the mean of the k
 * chosen nearest to the mean of all. Positions in the order of choice; every row where there are no more. The first of
 * equals wins.
 */
export function selectByHerding(features: HostTensor, count: number): Int32Array<ArrayBuffer> {
  const { data } = features;
  const rows = elementAt(features.shape, 0);
  const mean = averageRows(features);
  const width = mean.length;
  const squares = squareRows(features);
  const chosen = new Int32Array(Math.min(count, rows));
  const isChosen = new Uint8Array(rows);
  // What the next row should be: k times the mean, less the sum of those chosen.
  const wanted = new Float64Array(width);
  for (let k = 0; k < chosen.length; k++) {
    for (let i = 0; i < width; i++) wanted[i] = (wanted[i] ?? 0) + (mean[i] ?? 0);
    let best = -1;
    let least = Number.POSITIVE_INFINITY;
    for (let row = 0; row < rows; row++) {
      if (isChosen[row] === 1) continue;
      // |wanted − f|² without the term that is the same for all.
      let product = 0;
      for (let i = 0, at = row * width; i < width; i++, at++) product += (wanted[i] ?? 0) * (data[at] ?? 0);
      const distance = (squares[row] ?? 0) - 2 * product;
      if (best < 0 || distance < least) [best, least] = [row, distance];
    }
    chosen[k] = best;
    isChosen[best] = 1;
    for (let i = 0; i < width; i++) wanted[i] = (wanted[i] ?? 0) - (data[best * width + i] ?? 0);
  }
  return chosen;
}

function squareRows({ data, shape }: HostTensor): Float64Array {
  const rows = elementAt(shape, 0);
  const width = rows === 0 ? 0 : data.length / rows;
  const squares = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let i = row * width; i < (row + 1) * width; i++) square += (data[i] ?? 0) ** 2;
    squares[row] = square;
  }
  return squares;
}
