/** The column of a row's largest logit, the first of equals: the class that it predicts. */
export function findLargestColumn(row: Float32Array): number {
  let best = 0;
  for (let column = 1; column < row.length; column++) {
    if ((row[column] ?? 0) > (row[best] ?? 0)) best = column;
  }
  return best;
}
