import { createQuadraticPenalty, type QuadraticPenalty } from "../../../cluster/penalty.ts";
import type { SavedState } from "../../../core/saved_state.ts";
import { readSaved } from "../../../core/state/field.ts";
import { number, optional, record, vector } from "../../../core/state/state.ts";
import { flushTiny } from "../../../core/vector.ts";
import type { BaseStrategy } from "../../../training/loop/base_strategy.ts";

/** An importance for every parameter, and the values to which they are held. Both are [P] and borrowed. */
export interface Anchor {
  readonly importances: Float32Array;
  readonly parameters: Float32Array;
}

const PENALTY = optional(record({ a: vector(), b: vector(), c: number(), scale: number() }));

/**
 * What a plugin that holds parameters to anchors keeps: scale · Σₖ Σᵢ Fₖᵢ (θᵢ − θₖᵢ)² as one quadratic, which takes
 * part in every training step from the first anchor on. Memory and time do not grow with the number of anchors.
 */
export class AnchoredPenalty {
  readonly #owner: string;
  #penalty: QuadraticPenalty | undefined;
  #scale: number;

  /** @param owner Who is to be named in errors. */
  constructor(owner: string, scale: number) {
    this.#owner = owner;
    this.#scale = scale;
  }

  /** The weight of the sum. */
  get scale(): number {
    return this.#scale;
  }

  set scale(scale: number) {
    this.#scale = scale;
    if (this.#penalty) this.#penalty.scale = scale;
  }

  /** ΣFₖ [P], live; undefined before the first anchor. */
  get importances(): Float32Array | undefined {
    return this.#penalty?.a;
  }

  /** Adds an anchor to those there are. */
  add(strategy: BaseStrategy, anchor: Anchor): void {
    this.#change(strategy, (penalty) => addAnchor(penalty, anchor));
  }

  /** Puts one anchor in the place of all there are. `anchor.importances` may be `importances` itself. */
  replace(strategy: BaseStrategy, anchor: Anchor): void {
    this.#change(strategy, (penalty) => replaceAnchors(penalty, anchor));
  }

  /** Plain data for `restore`. */
  save(): SavedState {
    return PENALTY.save(this.#penalty && { ...this.#penalty, scale: this.#scale });
  }

  /** Goes on from what `save` gave. */
  restore(saved: unknown, { strategy }: { readonly strategy: BaseStrategy }): void {
    const known = readSaved(PENALTY, saved, { owner: this.#owner, context: undefined });
    if (this.#penalty) strategy.removePenalty(this.#penalty);
    this.#penalty = undefined;
    if (!known) return;
    const { a, b, c, scale } = known;
    const penalty = createQuadraticPenalty(a.length);
    penalty.a.set(a);
    penalty.b.set(b);
    penalty.c = c;
    this.#penalty = penalty;
    this.scale = scale;
    strategy.addPenalty(penalty);
  }

  #change(strategy: BaseStrategy, change: (penalty: QuadraticPenalty) => void): void {
    const isFirst = this.#penalty === undefined;
    this.#penalty ??= createQuadraticPenalty(strategy.cluster.model.layout.size);
    this.#penalty.scale = this.#scale;
    change(this.#penalty);
    if (isFirst) strategy.addPenalty(this.#penalty);
  }
}

/** a += F, b += Fθ, c += ΣFθ². */
function addAnchor(penalty: QuadraticPenalty, { importances, parameters }: Anchor): void {
  const { a, b } = penalty;
  let constant = 0;
  for (let i = 0; i < a.length; i++) {
    const importance = importances[i] ?? 0;
    const theta = parameters[i] ?? 0;
    a[i] = flushTiny((a[i] ?? 0) + importance);
    b[i] = flushTiny((b[i] ?? 0) + importance * theta);
    constant += importance * theta * theta;
  }
  penalty.c += constant;
}

/** a ← F, b ← Fθ, c ← ΣFθ². */
function replaceAnchors(penalty: QuadraticPenalty, { importances, parameters }: Anchor): void {
  const { a, b } = penalty;
  let constant = 0;
  for (let i = 0; i < a.length; i++) {
    const importance = importances[i] ?? 0;
    const theta = parameters[i] ?? 0;
    a[i] = flushTiny(importance);
    b[i] = flushTiny(importance * theta);
    constant += importance * theta * theta;
  }
  penalty.c = constant;
}
