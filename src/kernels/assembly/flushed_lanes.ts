/** Four float32 values at a time, and what keeps them from becoming subnormal. */

/** Bytes of four float32 values. */
export const LANES: usize = 16;
/** The bits of a number without its sign. */
export const MAGNITUDE: i32 = 0x7fffffff;
/**
 * The bits of 2⁻¹⁰⁰, `TINY` of `core/vector.ts`: a step of that length changes no parameter above 2⁻⁷⁶, and its product
 * with 2⁻²⁶ is a normal number.
 */
export const TINY: i32 = 0x0d800000;
/** The bits of 2⁻¹²⁶, the least normal number: means of squares are zero below it. */
export const LEAST_NORMAL: i32 = 0x00800000;
/** The bits of 2⁻⁶³, whose square is the least normal number. */
export const LEAST_ROOT: i32 = 0x20000000;

/** Bytes of `count` elements, rounded up to whole lanes. */
export function measureLanes(count: usize): usize {
  return (count * 4 + LANES - 1) & ~(LANES - 1);
}

/**
 * Bits in all lanes, in a register: as a plain constant they would be brought there at each use. `count` is below 2³⁰,
 * so it changes nothing, which the compiler cannot know.
 */
export function hold(bits: i32, count: usize): v128 {
  return i32x4.splat(bits | <i32>(count >>> 30));
}

/**
 * x, and 0 where |x| is below the number of the bits `least`; NaN stays NaN. Magnitudes compare as whole numbers do,
 * which no processor slows down.
 */
export function flush(x: v128, least: v128, magnitude: v128): v128 {
  return v128.andnot(x, i32x4.gt_s(least, v128.and(x, magnitude)));
}

/** x, and 0 where |x| is below `TINY`. */
export function flushOne(x: f32): f32 {
  return (reinterpret<i32>(x) & MAGNITUDE) < TINY ? 0 : x;
}
