/**
 * The update rules as PyTorch's documentation prints them, one parameter at a time in double precision: what the
 * optimizers are held to. Each takes a first value and its gradients, and returns the value after the last of them.
 */

/** torch.optim.SGD. */
export function slowSGD(
  options: { lr: number; momentum: number; dampening: number; weightDecay: number; nesterov: boolean },
  start: number,
  gradients: readonly number[],
): number {
  let theta = start;
  let buffer: number | undefined;
  for (const gradient of gradients) {
    let g = gradient;
    if (options.weightDecay !== 0) g += options.weightDecay * theta;
    if (options.momentum !== 0) {
      buffer = buffer === undefined ? g : options.momentum * buffer + (1 - options.dampening) * g;
      g = options.nesterov ? g + options.momentum * buffer : buffer;
    }
    theta -= options.lr * g;
  }
  return theta;
}

/** torch.optim.Adam; with `decoupled`, torch.optim.AdamW. */
export function slowAdam(
  options: { lr: number; beta1: number; beta2: number; eps: number; weightDecay: number; decoupled: boolean },
  start: number,
  gradients: readonly number[],
): number {
  let [theta, m, v, t] = [start, 0, 0, 0];
  for (const gradient of gradients) {
    t += 1;
    let g = gradient;
    if (options.decoupled) theta -= options.lr * options.weightDecay * theta;
    else g += options.weightDecay * theta;
    m = options.beta1 * m + (1 - options.beta1) * g;
    v = options.beta2 * v + (1 - options.beta2) * g ** 2;
    const mHat = m / (1 - options.beta1 ** t);
    const vHat = v / (1 - options.beta2 ** t);
    theta -= (options.lr * mHat) / (Math.sqrt(vHat) + options.eps);
  }
  return theta;
}

/** torch.optim.RMSprop. */
export function slowRMSprop(
  options: { lr: number; alpha: number; eps: number; weightDecay: number; momentum: number; centered: boolean },
  start: number,
  gradients: readonly number[],
): number {
  let [theta, square, average, buffer] = [start, 0, 0, 0];
  for (const gradient of gradients) {
    const g = gradient + options.weightDecay * theta;
    square = options.alpha * square + (1 - options.alpha) * g ** 2;
    let variance = square;
    if (options.centered) {
      average = options.alpha * average + (1 - options.alpha) * g;
      variance -= average ** 2;
    }
    const step = g / (Math.sqrt(variance) + options.eps);
    if (options.momentum > 0) {
      buffer = options.momentum * buffer + step;
      theta -= options.lr * buffer;
    } else {
      theta -= options.lr * step;
    }
  }
  return theta;
}

/** torch.optim.Adagrad. */
export function slowAdagrad(
  options: { lr: number; lrDecay: number; weightDecay: number; eps: number },
  start: number,
  gradients: readonly number[],
): number {
  let [theta, sum, t] = [start, 0, 0];
  for (const gradient of gradients) {
    t += 1;
    const rate = options.lr / (1 + (t - 1) * options.lrDecay);
    const g = gradient + options.weightDecay * theta;
    sum += g ** 2;
    theta -= (rate * g) / (Math.sqrt(sum) + options.eps);
  }
  return theta;
}
