import { FewerRanksError } from "../../../src/cluster/ranks/fewer_ranks_error.ts";
import type { RankExchange } from "../../../src/cluster/ranks/rank_exchange.ts";
import { createLocalRanks } from "./local_ranks.ts";

/** Ranks in one process of which some can be lost. */
export interface ElasticRanks {
  readonly exchanges: readonly RankExchange[];
  /** Loses a rank, by its first number: whatever the others are about is exchanged by nobody. */
  lose(rank: number): void;
}

/** Those who exchange with each other until one of them is lost. */
interface Epoch {
  /** By their first numbers. */
  readonly members: readonly number[];
  readonly inner: readonly RankExchange[];
  readonly end: Promise<undefined>;
  readonly finish: () => void;
}

/** As `createLocalRanks`. */
export function createElasticRanks(size: number): ElasticRanks {
  let current = createEpoch(Array.from({ length: size }, (_, rank) => rank));
  const seen = new Array<Epoch>(size).fill(current);
  const epochOf = (rank: number) => seen[rank] ?? current;
  const numberIn = (rank: number) => epochOf(rank).members.indexOf(rank);

  async function attempt<Result>(rank: number, call: (inner: RankExchange) => Promise<Result>): Promise<Result> {
    const epoch = epochOf(rank);
    const inner = epoch.inner[numberIn(rank)];
    if (!inner) throw new Error(`rank ${rank} was lost`);
    const done = epoch === current ? [call(inner).then((value) => ({ value }))] : [];
    const outcome = await Promise.race([...done, epoch.end]);
    if (outcome) return outcome.value;
    seen[rank] = current;
    throw new FewerRanksError();
  }

  async function repeat<Result>(rank: number, call: (inner: RankExchange) => Promise<Result>): Promise<Result> {
    for (;;) {
      try {
        return await attempt(rank, call);
      } catch (error) {
        if (!(error instanceof FewerRanksError)) throw error;
      }
    }
  }

  const exchanges = Array.from({ length: size }, (_, rank) => ({
    get rank() {
      return numberIn(rank);
    },
    get size() {
      return epochOf(rank).members.length;
    },
    exchangeSlots: (...given: Parameters<RankExchange["exchangeSlots"]>) =>
      attempt(rank, (inner) => inner.exchangeSlots(...given)),
    gatherOutputs: (...given: Parameters<RankExchange["gatherOutputs"]>) =>
      attempt(rank, (inner) => inner.gatherOutputs(...given)),
    gatherParameters: (...given: Parameters<RankExchange["gatherParameters"]>) =>
      repeat(rank, (inner) => inner.gatherParameters(...given)),
    agree: (said: string) => repeat(rank, (inner) => inner.agree(said)),
    breakOff: () => {},
    close: async () => {},
  }));
  return {
    exchanges,
    lose(rank) {
      const { members, finish } = current;
      current = createEpoch(members.filter((member) => member !== rank));
      finish();
    },
  };
}

function createEpoch(members: readonly number[]): Epoch {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  return { members, inner: createLocalRanks(members.length), end: promise, finish: () => resolve(undefined) };
}
