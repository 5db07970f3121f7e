import type { RankExchange, RowGather, SlotSum } from "../../../src/cluster/ranks/rank_exchange.ts";
import { averageSlots } from "../../../src/cluster/replica/reduce_slots.ts";

/** What one rank brings to a meeting, and how it is let go. */
interface Visit<Brought> {
  readonly brought: Brought;
  readonly leave: () => void;
}

/** Ranks that are coordinators in one process: the slow and simple way to exchange, to compare others with. */
export function createLocalRanks(size: number): RankExchange[] {
  const meetings = new Map<string, Visit<unknown>[]>();
  const counts = new Array<number>(size).fill(0);
  const said: string[][] = [];

  /** Waits until all ranks have come to the same call; the last does the work for all. */
  async function meet<Brought>(rank: number, brought: Brought, work: (all: readonly Brought[]) => void): Promise<void> {
    const call = (counts[rank] ?? 0) + 1;
    counts[rank] = call;
    const visits = (meetings.get(String(call)) ?? new Array<Visit<unknown>>(size)) as Visit<Brought>[];
    meetings.set(String(call), visits);
    const gone = new Promise<void>((resolve) => {
      visits[rank] = { brought, leave: resolve };
    });
    if (Object.keys(visits).length === size) {
      work(visits.map((visit) => visit.brought));
      meetings.delete(String(call));
      for (const { leave } of visits) leave();
    }
    await gone;
  }

  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    exchangeSlots: (sums, rows) =>
      meet(rank, { sums, rows }, (all) => {
        addUp(all.map((one) => one.sums));
        gatherRows(all.map((one) => one.rows));
      }),
    gatherOutputs: (rows) => meet(rank, rows, gatherRows),
    gatherParameters: (vectors) =>
      meet(rank, vectors, ([first = [], ...others]) => {
        for (const other of others) for (const [i, vector] of other.entries()) vector.set(first[i] ?? []);
      }),
    async agree(text) {
      let all: string[] = [];
      await meet(rank, text, (texts) => said.push([...texts]));
      all = said.at(-1) ?? [];
      return all;
    },
    breakOff: () => {},
    close: async () => {},
  }));
}

function addUp(all: readonly (readonly SlotSum[])[]): void {
  for (const i of (all[0] ?? []).keys()) {
    const own = all.map((sums) => sums[i]).filter((sum) => sum !== undefined);
    const slots = own.flatMap((sum) => sum.slots);
    const result = new Float32Array(own[0]?.into.length ?? 0);
    const { weights } = own[0] ?? {};
    if (weights) averageSlots(slots, weights, result);
    else
      for (const [place, slot] of slots.entries())
        for (let j = 0; j < result.length; j++)
          result[j] = place === 0 ? (slot[j] ?? 0) : Math.fround((result[j] ?? 0) + (slot[j] ?? 0));
    for (const { into } of own) into.set(result);
  }
}

function gatherRows(all: readonly (readonly RowGather[])[]): void {
  for (const [from, rows] of all.entries()) {
    for (const [i, { values, bounds }] of rows.entries()) {
      const [start, end] = [bounds[from] ?? 0, bounds[from + 1] ?? 0];
      for (const other of all) other[i]?.values.set(values.subarray(start, end), start);
    }
  }
}
