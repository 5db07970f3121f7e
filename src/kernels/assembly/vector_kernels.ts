import {
  flush,
  flushOne,
  hold,
  LANES,
  LEAST_NORMAL,
  LEAST_ROOT,
  MAGNITUDE,
  measureLanes,
  TINY,
} from "./flushed_lanes.ts";

/**
 * The arithmetic of vectors as WebAssembly with 128-bit SIMD, in AssemblyScript; `bun run build:kernels` compiles it to
 * `vector_kernels_wasm.ts`. Vectors are addresses of float32 values that are aligned to 16 bytes and have room for a
 * multiple of 4 elements: the last ones of a vector whose length is none are computed too and mean nothing. Every
 * operation is rounded to float32, element by element, so results do not depend on how vectors are cut into slices.
 *
 * What decays ends at zero. A value that is multiplied by 0.9 at every step would become subnormal and stay so for
 * ever, as 0.9 times the smallest number is rounded to that number again; on many processors each operation on such a
 * number takes a hundred times as long. So what is stored, and what is multiplied, is flushed to zero below `TINY`.
 */

/** g + λθ */
function decayed(gradient: usize, theta: v128, decay: v128): v128 {
  return f32x4.add(v128.load(gradient), f32x4.mul(decay, theta));
}

/** s ← s + a */
export function addVector(sum: usize, addend: usize, count: usize): void {
  const bytes = measureLanes(count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(addend + at)));
  }
}

/** t + factor·a of two lanes, in double precision; 0 below `least`. */
function addPair(target: v128, addend: v128, factors: v128, least: v128): v128 {
  const product = f64x2.mul(factors, f64x2.promote_low_f32x4(addend));
  const sum = f64x2.add(f64x2.promote_low_f32x4(target), product);
  return f32x4.demote_f64x2_zero(v128.andnot(sum, f64x2.lt(f64x2.abs(sum), least)));
}

/** The same of four lanes. */
function addLanes(target: v128, addend: v128, factors: v128, least: v128): v128 {
  const low = addPair(target, addend, factors, least);
  const upper = v128.shuffle<f32>(target, target, 2, 3, 2, 3);
  const high = addPair(upper, v128.shuffle<f32>(addend, addend, 2, 3, 2, 3), factors, least);
  return v128.shuffle<f32>(low, high, 0, 1, 4, 5);
}

/**
 * t ← t + factor·a, in double precision and rounded once: the bits of `addScaled` in `core/vector.ts`. With the factor
 * 1 a sum in single precision has those bits, too; but one that is rounded to `TINY` may have been below it.
 */
export function addScaled(target: usize, addend: usize, count: usize, factor: f64): void {
  const factors = f64x2.splat(factor);
  const least = f64x2.splat(<f64>reinterpret<f32>(TINY));
  const bytes = measureLanes(count);
  if (factor !== 1) {
    for (let at: usize = 0; at < bytes; at += LANES) {
      v128.store(target + at, addLanes(v128.load(target + at), v128.load(addend + at), factors, least));
    }
    return;
  }
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const old = v128.load(target + at);
    let sum = f32x4.add(old, v128.load(addend + at));
    const isTiny = i32x4.eq(tiny, v128.and(sum, magnitude));
    if (v128.any_true(isTiny)) sum = addLanes(old, v128.load(addend + at), factors, least);
    else sum = flush(sum, tiny, magnitude);
    v128.store(target + at, sum);
  }
}

/** θ ← θ − η(g + λθ) */
export function stepPlain(parameters: usize, gradient: usize, count: usize, rate: f32, decay: f32): void {
  const rates = f32x4.splat(rate);
  const decays = f32x4.splat(decay);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const bytes = measureLanes(count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const g = flush(decayed(gradient + at, theta, decays), tiny, magnitude);
    v128.store(parameters + at, flush(f32x4.sub(theta, f32x4.mul(rates, g)), tiny, magnitude));
  }
}

/** g' = g + λθ, v ← μv + share·g', θ ← θ − ηv; with Nesterov's momentum θ ← θ − η(g' + μv) */
export function stepMomentum(
  parameters: usize,
  gradient: usize,
  velocity: usize,
  count: usize,
  rate: f32,
  momentum: f32,
  share: f32,
  decay: f32,
  nesterov: bool,
): void {
  const rates = f32x4.splat(rate);
  const momenta = f32x4.splat(momentum);
  const shares = f32x4.splat(share);
  const decays = f32x4.splat(decay);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const bytes = measureLanes(count);
  if (share === 1 && decay === 0 && !nesterov) {
    for (let at: usize = 0; at < bytes; at += LANES) {
      const v = flush(
        f32x4.add(f32x4.mul(momenta, v128.load(velocity + at)), v128.load(gradient + at)),
        tiny,
        magnitude,
      );
      v128.store(velocity + at, v);
      const theta = v128.load(parameters + at);
      v128.store(parameters + at, flush(f32x4.sub(theta, f32x4.mul(rates, v)), tiny, magnitude));
    }
    return;
  }
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const g = flush(decayed(gradient + at, theta, decays), tiny, magnitude);
    const v = flush(f32x4.add(f32x4.mul(momenta, v128.load(velocity + at)), f32x4.mul(shares, g)), tiny, magnitude);
    v128.store(velocity + at, v);
    const direction = nesterov ? f32x4.add(g, f32x4.mul(momenta, v)) : v;
    v128.store(parameters + at, flush(f32x4.sub(theta, f32x4.mul(rates, direction)), tiny, magnitude));
  }
}

/**
 * g' = g + λθ, m ← β₁m + (1 − β₁)g', s ← β₂s + (1 − β₂)g'², θ ← shrink·θ − step·m / (√s·correction + ε); a g' below
 * `root` counts as 0.
 */
export function stepAdam(
  parameters: usize,
  gradient: usize,
  first: usize,
  second: usize,
  count: usize,
  stepSize: f32,
  beta1: f32,
  rest1: f32,
  beta2: f32,
  rest2: f32,
  correction: f32,
  epsilon: f32,
  shrink: f32,
  decay: f32,
  root: f32,
): void {
  const sizes = f32x4.splat(stepSize);
  const betas1 = f32x4.splat(beta1);
  const rests1 = f32x4.splat(rest1);
  const betas2 = f32x4.splat(beta2);
  const rests2 = f32x4.splat(rest2);
  const corrections = f32x4.splat(correction);
  const epsilons = f32x4.splat(epsilon);
  const shrinks = f32x4.splat(shrink);
  const decays = f32x4.splat(decay);
  const roots = f32x4.splat(root);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const leastNormal = hold(LEAST_NORMAL, count);
  const bytes = measureLanes(count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const g = flush(decayed(gradient + at, theta, decays), roots, magnitude);
    const m = flush(f32x4.add(f32x4.mul(betas1, v128.load(first + at)), f32x4.mul(rests1, g)), tiny, magnitude);
    const mean = f32x4.add(f32x4.mul(betas2, v128.load(second + at)), f32x4.mul(f32x4.mul(rests2, g), g));
    const s = flush(mean, leastNormal, magnitude);
    v128.store(first + at, m);
    v128.store(second + at, s);
    const spread = f32x4.add(f32x4.mul(f32x4.sqrt(s), corrections), epsilons);
    const step = f32x4.div(f32x4.mul(sizes, m), spread);
    v128.store(parameters + at, flush(f32x4.sub(f32x4.mul(shrinks, theta), step), tiny, magnitude));
  }
}

/**
 * g' = g + λθ, s ← αs + (1 − α)g'², a ← αa + (1 − α)g' where centred, v ← μv + g' / (√max(s − a², 0) + ε), θ ← θ − ηv;
 * a g' below `root` counts as 0.
 */
export function stepRmsprop(
  parameters: usize,
  gradient: usize,
  square: usize,
  velocity: usize,
  mean: usize,
  count: usize,
  rate: f32,
  alpha: f32,
  rest: f32,
  momentum: f32,
  epsilon: f32,
  decay: f32,
  centered: bool,
  root: f32,
): void {
  const rates = f32x4.splat(rate);
  const alphas = f32x4.splat(alpha);
  const rests = f32x4.splat(rest);
  const momenta = f32x4.splat(momentum);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(decay);
  const zeros = f32x4.splat(0);
  const roots = f32x4.splat(root);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const leastNormal = hold(LEAST_NORMAL, count);
  const leastRoot = hold(LEAST_ROOT, count);
  const bytes = measureLanes(count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const g = flush(decayed(gradient + at, theta, decays), roots, magnitude);
    const sum = f32x4.add(f32x4.mul(alphas, v128.load(square + at)), f32x4.mul(f32x4.mul(rests, g), g));
    const s = flush(sum, leastNormal, magnitude);
    v128.store(square + at, s);
    let variance = s;
    if (centered) {
      const a = flush(f32x4.add(f32x4.mul(alphas, v128.load(mean + at)), f32x4.mul(rests, g)), leastRoot, magnitude);
      v128.store(mean + at, a);
      variance = f32x4.sub(s, f32x4.mul(a, a));
    }
    const spread = f32x4.add(f32x4.sqrt(f32x4.max(variance, zeros)), epsilons);
    const v = flush(f32x4.add(f32x4.mul(momenta, v128.load(velocity + at)), f32x4.div(g, spread)), tiny, magnitude);
    v128.store(velocity + at, v);
    v128.store(parameters + at, flush(f32x4.sub(theta, f32x4.mul(rates, v)), tiny, magnitude));
  }
}

/** g' = g + λθ, s ← s + g'², θ ← θ − ηg' / (√s + ε); a g' whose square is no normal number counts as 0. */
export function stepAdagrad(
  parameters: usize,
  gradient: usize,
  sum: usize,
  count: usize,
  rate: f32,
  epsilon: f32,
  decay: f32,
): void {
  const rates = f32x4.splat(rate);
  const epsilons = f32x4.splat(epsilon);
  const decays = f32x4.splat(decay);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const leastNormal = hold(LEAST_NORMAL, count);
  const leastRoot = hold(LEAST_ROOT, count);
  const bytes = measureLanes(count);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const g = flush(decayed(gradient + at, theta, decays), leastRoot, magnitude);
    const s = flush(f32x4.add(v128.load(sum + at), f32x4.mul(g, g)), leastNormal, magnitude);
    v128.store(sum + at, s);
    const spread = f32x4.add(f32x4.sqrt(s), epsilons);
    v128.store(parameters + at, flush(f32x4.sub(theta, f32x4.div(f32x4.mul(rates, g), spread)), tiny, magnitude));
  }
}

/**
 * g ← g + f·(aθ − b): the gradient of a quadratic penalty.
 * @returns Σ θ(aθ − 2b) in double precision, of exactly `count` elements.
 */
export function addPenalty(gradient: usize, parameters: usize, a: usize, b: usize, count: usize, factor: f32): f64 {
  const factors = f32x4.splat(factor);
  const tiny = hold(TINY, count);
  const magnitude = hold(MAGNITUDE, count);
  const bytes = measureLanes(count);
  const whole = (count & ~3) << 2;
  let low = f64x2.splat(0);
  let high = f64x2.splat(0);
  for (let at: usize = 0; at < bytes; at += LANES) {
    const theta = v128.load(parameters + at);
    const pull = f32x4.mul(flush(v128.load(a + at), tiny, magnitude), theta);
    const anchor = v128.load(b + at);
    const change = f32x4.mul(factors, flush(f32x4.sub(pull, anchor), tiny, magnitude));
    v128.store(gradient + at, f32x4.add(v128.load(gradient + at), change));
    if (at < whole) {
      const term = f32x4.mul(theta, f32x4.sub(pull, f32x4.add(anchor, anchor)));
      low = f64x2.add(low, f64x2.promote_low_f32x4(term));
      high = f64x2.add(high, f64x2.promote_low_f32x4(v128.shuffle<f32>(term, term, 2, 3, 2, 3)));
    }
  }
  let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
  sum += f64x2.extract_lane(high, 0) + f64x2.extract_lane(high, 1);
  for (let at = whole; at < count << 2; at += 4) {
    const theta = load<f32>(parameters + at);
    const anchor = load<f32>(b + at);
    sum += <f64>(theta * (flushOne(load<f32>(a + at)) * theta - (anchor + anchor)));
  }
  return sum;
}
