/**
 * log Σ exp of the values, stable for large ones: the largest is taken out before. −∞ where there are none, or all are
 * −∞. softmax(values)ᵢ is exp(valuesᵢ − logSumExp(values)).
 */
export function logSumExp(values: ArrayLike<number>): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, values[i] ?? 0);
  if (largest === Number.NEGATIVE_INFINITY) return largest;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp((values[i] ?? 0) - largest);
  return largest + Math.log(sum);
}
