import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { RankExchange, RowGather, SlotSum } from "./rank_exchange.ts";

/** What one rank says when the others wait for its answer. */
type Answer = { readonly value: unknown } | { readonly refusal: string };

/**
 * One process's view of all processes of a run. All clusters of a process share it; alone, nothing is exchanged.
 * @example
 * const ranks = Ranks.single();
 * console.log(ranks.rank, ranks.size); // 0 1
 */
export class Ranks {
  readonly #exchange: RankExchange | undefined;
  /** One word a rank: 1 from the exchange on in which it wants to stop. */
  readonly #stops: Float32Array<SharedArrayBuffer>;
  readonly #stopBounds: readonly number[];
  #wantsStop = false;
  #depthAlone = 0;

  constructor(exchange?: RankExchange) {
    this.#exchange = exchange;
    const size = exchange?.size ?? 1;
    this.#stops = createSharedFloat32(size);
    this.#stopBounds = Array.from({ length: size + 1 }, (_, rank) => rank);
  }

  /** A process that no other takes part with. */
  static single(): Ranks {
    return new Ranks();
  }

  /** This process's number, from 0; rank 0 writes the run's files. */
  get rank(): number {
    return this.#exchange?.rank ?? 0;
  }

  /** R */
  get size(): number {
    return this.#exchange?.size ?? 1;
  }

  get isFirst(): boolean {
    return this.rank === 0;
  }

  /** False for a single process, and inside `alone`. */
  get areTogether(): boolean {
    return this.size > 1 && this.#depthAlone === 0;
  }

  /** True on every rank after the same exchange, once one of them wants to stop. */
  get isStopAgreed(): boolean {
    return this.size === 1 ? this.#wantsStop : this.#stops.some((stop) => stop === 1);
  }

  /** Has all ranks stop: each sees it in `isStopAgreed` after the next exchange. */
  requestStop(): void {
    this.#wantsStop = true;
  }

  /** Does work that the other ranks take no part in: what it has computed is computed here, whole. */
  async alone<Result>(work: () => Promise<Result>): Promise<Result> {
    this.#depthAlone += 1;
    try {
      return await work();
    } finally {
      this.#depthAlone -= 1;
    }
  }

  /** Exchanges what one command left, and who wants to stop. */
  async exchange(sums: readonly SlotSum[], rows: readonly RowGather[]): Promise<void> {
    if (!this.#exchange) return;
    this.#stops[this.rank] = this.#wantsStop ? 1 : 0;
    const gathered = [...rows, { values: this.#stops, bounds: this.#stopBounds }];
    if (sums.length === 0) await this.#exchange.gatherOutputs(gathered);
    else await this.#exchange.exchangeSlots(sums, gathered);
  }

  /** Puts rank 0's values in the place of this rank's. */
  async takeFirst(vectors: readonly Float32Array<SharedArrayBuffer>[]): Promise<void> {
    if (this.areTogether) await this.#exchange?.gatherParameters(vectors);
  }

  /**
   * Does something on every rank that may be refused, and goes on when all have done it.
   * @throws {RefusalError} If another rank's was refused, naming the rank.
   * @throws What `work` threw here.
   */
  async agreeOn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.#exchange) return work();
    const done = await work().then(
      (value) => ({ value, thrown: undefined }),
      (thrown: unknown) => ({ value: undefined, thrown }),
    );
    const said = await this.#exchange.agree(done.thrown === undefined ? "" : describeCause(done.thrown));
    if (done.thrown !== undefined) throw done.thrown;
    const other = said.findIndex((refusal) => refusal !== "");
    if (other >= 0) throw new RefusalError(`rank ${other}: ${said[other]}`);
    return done.value as Value;
  }

  /**
   * Does something on rank 0 alone and tells the others what came of it, as JSON.
   * @throws {RefusalError} On the others, if it was refused there.
   */
  async askFirst<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.#exchange) return work();
    let thrown: unknown;
    const answer: Answer = this.isFirst
      ? await work().then(
          (value) => ({ value }),
          (error: unknown) => {
            thrown = error;
            return { refusal: describeCause(error) };
          },
        )
      : { value: null };
    const [first = "null"] = await this.#exchange.agree(this.isFirst ? JSON.stringify(answer) : "");
    if (thrown !== undefined) throw thrown;
    const told = JSON.parse(first) as { readonly value: Value } | { readonly refusal: string };
    if ("refusal" in told) throw new RefusalError(`rank 0: ${told.refusal}`);
    return told.value;
  }

  /**
   * Compares something that must be the same on every rank.
   * @throws {RefusalError} On every rank, if one's is another than rank 0's, naming the first such rank.
   */
  async assertSame(what: string, value: string): Promise<void> {
    if (!this.#exchange) return;
    const said = await this.#exchange.agree(value);
    const other = said.findIndex((text) => text !== said[0]);
    if (other < 0) return;
    throw new RefusalError(`all ranks must have the same ${what}: rank 0 has ${said[0]}, rank ${other} ${said[other]}`);
  }

  /** Leaves the others. May be called more than once. */
  async close(): Promise<void> {
    await this.#exchange?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
