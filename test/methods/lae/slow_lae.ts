/** LAE on a network of one hidden layer, number by number in double precision, as its paper says. */

/** A layer's weights [inputs][outputs] and biases. */
export interface SlowLayer {
  readonly kernel: number[][];
  readonly bias: number[];
}

/** The hidden layer stands for the adapter. */
export interface SlowNetwork {
  readonly adapter: SlowLayer;
  readonly classifier: SlowLayer;
}

/** Rows of samples with their class ids. */
export interface SlowMinibatch {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[];
}

export function copyLayer({ kernel, bias }: SlowLayer): SlowLayer {
  return { kernel: kernel.map((row) => [...row]), bias: [...bias] };
}

function product(x: readonly number[], { kernel, bias }: SlowLayer): number[] {
  return bias.map((b, j) => x.reduce((sum, value, i) => sum + value * (kernel[i]?.[j] ?? 0), b));
}

/** Logits of one sample. */
export function computeLogits(x: readonly number[], { adapter, classifier }: SlowNetwork): number[] {
  return product(
    product(x, adapter).map((z) => Math.max(0, z)),
    classifier,
  );
}

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map((z) => Math.exp(z));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}

/** The gradient of the mean cross-entropy over these classes alone. */
function differentiate({ x, y }: SlowMinibatch, network: SlowNetwork, classes: readonly number[]): SlowNetwork {
  const zero = ({ kernel, bias }: SlowLayer) => ({
    kernel: kernel.map((row) => row.map(() => 0)),
    bias: bias.map(() => 0),
  });
  const gradient = { adapter: zero(network.adapter), classifier: zero(network.classifier) };
  for (const [row, sample] of x.entries()) {
    const hidden = product(sample, network.adapter).map((z) => Math.max(0, z));
    const logits = product(hidden, network.classifier);
    const chances = softmax(classes.map((id) => logits[id] ?? 0));
    const dLogits = logits.map((_, id) => {
      const place = classes.indexOf(id);
      return place < 0 ? 0 : ((chances[place] ?? 0) - (id === y[row] ? 1 : 0)) / x.length;
    });
    addOuter(gradient.classifier, hidden, dLogits);
    const dHidden = hidden.map((value, i) =>
      value > 0 ? dLogits.reduce((sum, d, id) => sum + d * (network.classifier.kernel[i]?.[id] ?? 0), 0) : 0,
    );
    addOuter(gradient.adapter, sample, dHidden);
  }
  return gradient;
}

function addOuter({ kernel, bias }: SlowLayer, x: readonly number[], d: readonly number[]): void {
  for (const [j, slope] of d.entries()) bias[j] = (bias[j] ?? 0) + slope;
  for (const [i, value] of x.entries()) {
    const row = kernel[i] ?? [];
    for (const [j, slope] of d.entries()) row[j] = (row[j] ?? 0) + value * slope;
  }
}

/** target ← keep · target + weight · source, in place. */
function mix(target: SlowLayer, source: SlowLayer, [keep, weight]: readonly [number, number]): void {
  const rows = [...target.kernel, target.bias];
  for (const [i, row] of [...source.kernel, source.bias].entries()) {
    const own = rows[i] ?? [];
    for (const [j, value] of row.entries()) own[j] = keep * (own[j] ?? 0) + weight * value;
  }
}

/** What a run is made with. */
export interface SlowSettings {
  readonly learningRate: number;
  readonly momentum: number;
  readonly decay: number;
  /** How many iterations of each experience but the first hold the adapter still. */
  readonly heldIterations: number;
}

/** Trains on the experiences' minibatches. Returns the network, and the offline adapter. */
export function trainSlowly(
  start: SlowNetwork,
  experiences: readonly { readonly classes: readonly number[]; readonly minibatches: readonly SlowMinibatch[] }[],
  { learningRate, momentum, decay, heldIterations }: SlowSettings,
): { readonly network: SlowNetwork; readonly offline: SlowLayer } {
  const network = { adapter: copyLayer(start.adapter), classifier: copyLayer(start.classifier) };
  let offline = copyLayer(network.adapter);
  for (const [number, { classes, minibatches }] of experiences.entries()) {
    const zero = (layer: SlowLayer) => {
      const copy = copyLayer(layer);
      mix(copy, copy, [0, 0]);
      return copy;
    };
    const velocity = { adapter: zero(network.adapter), classifier: zero(network.classifier) };
    if (number === 1) offline = copyLayer(network.adapter);
    for (const [iteration, minibatch] of minibatches.entries()) {
      const gradient = differentiate(minibatch, network, classes);
      for (const part of ["adapter", "classifier"] as const) {
        mix(velocity[part], gradient[part], [momentum, 1]);
        if (part === "adapter" && number > 0 && iteration < heldIterations) continue;
        mix(network[part], velocity[part], [1, -learningRate]);
      }
      if (number > 0) mix(offline, network.adapter, [decay, 1 - decay]);
    }
  }
  return { network, offline };
}

/** ln max of both experts' probabilities, of one sample. */
export function predictSlowly(x: readonly number[], network: SlowNetwork, offline: SlowLayer): number[] {
  const [own = [], other = []] = [network.adapter, offline].map((adapter) =>
    softmax(computeLogits(x, { ...network, adapter })),
  );
  return own.map((chance, id) => Math.log(Math.max(chance, other[id] ?? 0)));
}
