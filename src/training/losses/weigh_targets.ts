import { needs, RangeRefusal } from "../../core/errors/errors.ts";

/**
 * Brings class weights into targets [B, C] of a cross-entropy, as PyTorch defines its weighted mean: Σᵢ Σ_c −w_c t_ic
 * ln p_ic / Σᵢ w_yᵢ. Each row of targets is left with the sum 1, for which objectives are made; what it had besides is
 * in the rows' shares.
 * @param y Class ids [B], which the targets have been written for.
 * @param classWeights [C]
 * @returns B times each row's part of the mean [B], of which 1 is the part of a row without weights; all 0 where the
 *   samples of a minibatch weigh nothing. The caller owns it.
 */
export function weighTargets(y: Int32Array, targets: Float32Array, classWeights: Float64Array): Float64Array {
  const outputSize = classWeights.length;
  const shares = new Float64Array(y.length);
  let total = 0;
  for (const id of y) total += classWeights[id] ?? 0;
  if (total === 0) return shares;
  for (let row = 0; row < y.length; row++) {
    const own = targets.subarray(row * outputSize, (row + 1) * outputSize);
    let sum = 0;
    for (const [c, target] of own.entries()) sum += (classWeights[c] ?? 0) * target;
    shares[row] = (y.length * sum) / total;
    if (sum > 0) for (const [c, target] of own.entries()) own[c] = ((classWeights[c] ?? 0) * target) / sum;
  }
  return shares;
}

/**
 * The first `outputSize` of the weights that were given.
 * @param name The option, for messages.
 * @throws {RangeRefusal} If there are fewer.
 */
export function takeWeights(name: string, weights: readonly number[], outputSize: number): Float64Array {
  if (weights.length >= outputSize) return Float64Array.from(weights.slice(0, outputSize));
  throw new RangeRefusal(needs(name, `one number for each of the model's ${outputSize} outputs`, weights.length));
}
