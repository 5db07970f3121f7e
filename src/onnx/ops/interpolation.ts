/**
 * Bilinear interpolation along an axis as a matrix [length · scale, length], row-major: place i takes its value at
 * i / scale, between two neighbours; nothing lies beyond the last.
 */
export function createInterpolation(length: number, scale: number): number[] {
  const matrix = new Array<number>(length * scale * length).fill(0);
  for (let i = 0; i < length * scale; i++) {
    const before = Math.floor(i / scale);
    const behind = Math.min(before + 1, length - 1);
    const share = i / scale - before;
    matrix[i * length + before] = (matrix[i * length + before] ?? 0) + 1 - share;
    matrix[i * length + behind] = (matrix[i * length + behind] ?? 0) + share;
  }
  return matrix;
}
