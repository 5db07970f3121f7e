import { describeCause, RefusalError } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import type { RankExchange, RowGather, SlotSum } from "./rank_exchange.ts";

/** What one rank says when the others wait for its answer. */
type Answer = { readonly value: unknown } | { readonly refusal: string };

/** A rank that was lost, without which the others go on. */
export interface RankLoss {
  /** Its number when the ranks began. */
  readonly rank: number;
  /** "rank 2 of 4 (process 4711 on node7)", where that is known. */
  readonly name: string;
  /** How many ranks go on. */
  readonly left: number;
}

/** Watches over the ranks, outside of their exchanges. */
export interface RankSupervisor {
  /** The slowest computation so far took so long: a rank that is inside one may be silent in proportion. */
  noteCall(slowestMs: number): void;
  /**
   * Ends the watch: this rank leaves the others, together with them, or by a failure, which they are told.
   * @returns Whether there was another rank to tell.
   */
  leave(failure?: string): Promise<boolean>;
}

/**
 * One process's view of all processes of a run. All clusters of a process share it; alone, nothing is exchanged.
 * @example
 * const ranks = Ranks.single();
 * console.log(ranks.rank, ranks.size); // 0 1
 */
export class Ranks {
  readonly #exchange: RankExchange | undefined;
  readonly #supervisor: RankSupervisor | undefined;
  /** One word a rank: 1 from the exchange on in which it wants to stop. */
  #stops: Float32Array<SharedArrayBuffer>;
  readonly #stopping = new AbortController();
  /** What was thrown here and all ranks know of. */
  readonly #told = new WeakSet<object>();
  readonly #followers = new Set<(loss: RankLoss) => void>();
  #stopReason: unknown;
  #wantsStop = false;
  #depthAlone = 0;
  #isClosed = false;

  /** @param exchange Default: none, for a single process. */
  constructor(exchange?: RankExchange, supervisor?: RankSupervisor) {
    this.#exchange = exchange;
    this.#supervisor = supervisor;
    this.#stops = createSharedFloat32(exchange?.size ?? 1);
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

  /**
   * Aborted on every rank by the same exchange, once one of them has called `requestStop`: all stop at the same place.
   * The reason is that of the rank's own request, where it made one.
   */
  get stopSignal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Has all ranks stop. */
  requestStop(reason: unknown): void {
    this.#stopReason ??= reason;
    this.#wantsStop = true;
    if (this.size === 1) this.#stopping.abort(reason);
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

  /** Tells how long this rank's slowest computation took so far: others wait in proportion for a silent rank. */
  noteCall(slowestMs: number): void {
    this.#supervisor?.noteCall(slowestMs);
  }

  /** Calls back for each rank that is lost from now on, while the others go on. */
  followLosses(onLoss: (loss: RankLoss) => void): void {
    this.#followers.add(onLoss);
  }

  /** Tells those who follow losses of one. */
  noteLoss(loss: RankLoss): void {
    // Nobody else is left to agree with.
    if (this.size === 1 && this.#wantsStop) this.#stopping.abort(this.#stopReason);
    for (const follow of this.#followers) follow(loss);
  }

  /**
   * Exchanges what one command left, and who wants to stop.
   * @throws {FewerRanksError} If ranks were lost and the others go on: nothing was exchanged.
   */
  async exchange(sums: readonly SlotSum[], rows: readonly RowGather[]): Promise<void> {
    if (!this.#exchange) return;
    const { size } = this;
    if (this.#stops.length !== size) this.#stops = createSharedFloat32(size);
    this.#stops[this.rank] = this.#wantsStop ? 1 : 0;
    const stopBounds = Array.from({ length: size + 1 }, (_, rank) => rank);
    const gathered = [...rows, { values: this.#stops, bounds: stopBounds }];
    if (sums.length === 0) await this.#exchange.gatherOutputs(gathered);
    else await this.#exchange.exchangeSlots(sums, gathered);
    const isAgreed = this.#stops.some((stop) => stop === 1);
    if (isAgreed) this.#stopping.abort(this.#stopReason ?? new Error("another rank was told to stop"));
  }

  /** Puts rank 0's values in the place of this rank's. */
  async takeFirst(vectors: readonly Float32Array<SharedArrayBuffer>[]): Promise<void> {
    if (this.areTogether) await this.#exchange?.gatherParameters(vectors);
  }

  /**
   * Does something on every rank that may be refused, and goes on when all have done it.
   * @throws {RefusalError} If it was refused on another rank alone, naming that rank.
   * @throws What `work` threw here.
   */
  async agreeOn<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.#exchange) return work();
    let value: Value;
    try {
      value = await work();
    } catch (thrown) {
      if (!this.#isTold(thrown)) await this.#exchange.agree(describeCause(thrown) || "refused");
      throw this.#tell(thrown);
    }
    this.#assertNone(await this.#exchange.agree(""));
    return value;
  }

  /**
   * Does something on rank 0 alone and tells the others what came of it, as JSON.
   * @throws {RefusalError} On the others, if it was refused there, or another rank has refused something before.
   */
  async askFirst<Value>(work: () => Promise<Value>): Promise<Value> {
    if (!this.#exchange) return work();
    if (!this.isFirst) {
      const [first = "", ...others] = await this.#exchange.agree("");
      this.#assertNone(["", ...others]);
      const answer: { readonly value: Value } | { readonly refusal: string } = JSON.parse(first);
      if ("refusal" in answer) throw this.#tell(new RefusalError(`rank 0: ${answer.refusal}`));
      return answer.value;
    }
    let value: Value;
    try {
      value = await work();
    } catch (thrown) {
      const answer: Answer = { refusal: describeCause(thrown) };
      await this.#exchange.agree(JSON.stringify(answer));
      throw this.#tell(thrown);
    }
    const answer: Answer = { value };
    const [, ...others] = await this.#exchange.agree(JSON.stringify(answer));
    this.#assertNone(["", ...others]);
    return value;
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
    const difference = `rank 0 has ${said[0]}, rank ${other} has ${said[other]}`;
    throw this.#tell(new RefusalError(`all ranks must have the same ${what}: ${difference}`));
  }

  /**
   * Leaves the others. All ranks do it together, unless `failure` ended this one alone: then the others are told, and
   * what they wait for is given up. May be called more than once.
   * @returns Whether another rank was told, by the first call.
   */
  async close(failure?: unknown): Promise<boolean> {
    if (this.#isClosed) return false;
    this.#isClosed = true;
    const isAlone = failure !== undefined && !this.isShared(failure);
    const isTold = (await this.#supervisor?.leave(isAlone ? describeCause(failure) : undefined)) ?? false;
    if (isAlone) this.#exchange?.breakOff(new Error("this rank has left"));
    await this.#exchange?.close();
    return isTold;
  }

  /** Whether what ended this rank ends all of them together. */
  isShared(failure: unknown): boolean {
    return this.#isTold(failure) || this.stopSignal.aborted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #assertNone(refusals: readonly string[]): void {
    const other = refusals.findIndex((refusal) => refusal !== "");
    if (other >= 0) throw this.#tell(new RefusalError(`rank ${other}: ${refusals[other]}`));
  }

  #tell(thrown: unknown): unknown {
    if (typeof thrown === "object" && thrown !== null) this.#told.add(thrown);
    return thrown;
  }

  /** Whether the other ranks know of an error, also as the cause of another. */
  #isTold(thrown: unknown): boolean {
    if (typeof thrown !== "object" || thrown === null) return false;
    return this.#told.has(thrown) || ("cause" in thrown && this.#isTold(thrown.cause));
  }
}
