import { elementAt } from "../../../../src/core/element_at.ts";

/** One recurrent layer by its definition, in double precision. */
export interface SlowLayer {
  readonly cell: "simple" | "gru" | "lstm";
  readonly units: number;
  readonly features: number;
  /** kernel [F, gates · units], recurrent kernel [units, gates · units] and bias [gates · units], one after another. */
  readonly parameters: ArrayLike<number>;
  readonly goesBackwards: boolean;
}

const GATES = { simple: 1, gru: 3, lstm: 4 } as const;

/** How many parameters a layer has. */
export function countParameters({ cell, units, features }: Omit<SlowLayer, "parameters" | "goesBackwards">): number {
  return (features + units + 1) * GATES[cell] * units;
}

/** The outputs of one sample [T, F], after every step: T rows of `units`. Gates are sigmoids, the rest are tanh. */
export function recur(layer: SlowLayer, x: ArrayLike<number>): number[][] {
  const { cell, units, features, parameters, goesBackwards } = layer;
  const width = GATES[cell] * units;
  const at = (row: number, column: number) => elementAt(parameters, row * width + column);
  const steps = x.length / features;
  let h = new Array<number>(units).fill(0);
  let c = new Array<number>(units).fill(0);
  const outputs: number[][] = [];
  for (let step = 0; step < steps; step++) {
    const t = goesBackwards ? steps - 1 - step : step;
    const project = (column: number) =>
      sum(features, (i) => elementAt(x, t * features + i) * at(i, column)) + at(features + units, column);
    const recall = (state: readonly number[], column: number) =>
      sum(units, (i) => elementAt(state, i) * at(features + i, column));
    const gate = (place: number, u: number) => sigmoid(project(place * units + u) + recall(h, place * units + u));
    const all = (of: (u: number) => number) => Array.from({ length: units }, (_, u) => of(u));
    if (cell === "simple") {
      h = all((u) => Math.tanh(project(u) + recall(h, u)));
    } else if (cell === "gru") {
      const [z, r] = [all((u) => gate(0, u)), all((u) => gate(1, u))];
      const kept = h.map((value, u) => value * elementAt(r, u));
      const candidate = all((u) => Math.tanh(project(2 * units + u) + recall(kept, 2 * units + u)));
      h = h.map((value, u) => elementAt(z, u) * value + (1 - elementAt(z, u)) * elementAt(candidate, u));
    } else {
      const candidate = all((u) => Math.tanh(project(2 * units + u) + recall(h, 2 * units + u)));
      c = c.map((value, u) => gate(1, u) * value + gate(0, u) * elementAt(candidate, u));
      const memory = c;
      h = all((u) => gate(3, u) * Math.tanh(elementAt(memory, u)));
    }
    outputs.push(h);
  }
  return outputs;
}

function sum(length: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < length; i++) total += term(i);
  return total;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
