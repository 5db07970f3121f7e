/** The MLP 6-8-4 of made strategies, term by term, in double precision: features are what its relu gives. */
export function applyMLPSlowly(
  parameters: ArrayLike<number>,
  x: readonly number[],
): { readonly features: number[]; readonly logits: number[] } {
  const features = Array.from({ length: 8 }, (_, unit) => {
    const sum = x.reduce(
      (total, value, i) => total + value * (parameters[8 * i + unit] ?? 0),
      parameters[48 + unit] ?? 0,
    );
    return Math.max(0, sum);
  });
  return { features, logits: applyHeadSlowly(parameters, features) };
}

/** The last layer alone. */
export function applyHeadSlowly(parameters: ArrayLike<number>, features: readonly number[]): number[] {
  return Array.from({ length: 4 }, (_, c) =>
    features.reduce((sum, value, i) => sum + value * (parameters[56 + 4 * i + c] ?? 0), parameters[88 + c] ?? 0),
  );
}

/** The rows of samples [B, width]. */
export function listRows(x: Float32Array, width = 6): number[][] {
  return Array.from({ length: x.length / width }, (_, row) => Array.from(x.subarray(width * row, width * row + width)));
}
