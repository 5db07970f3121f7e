import type { RankExchange, RowGather } from "../../../src/cluster/ranks/rank_exchange.ts";
import { createLocalRanks } from "./local_ranks.ts";

/** Ranks in one process that count what crosses between them. */
export interface CountingRanks {
  readonly exchanges: readonly RankExchange[];
  /** The bytes of rows that rank 0 has sent to every other rank since the last call. */
  takeRowBytes(): number;
}

/** As `createLocalRanks`. */
export function createCountingRanks(size: number): CountingRanks {
  let bytes = 0;
  const count = (rank: number, rows: readonly RowGather[]) => {
    if (rank > 0) return;
    for (const { bounds } of rows) bytes += ((bounds[1] ?? 0) - (bounds[0] ?? 0)) * Float32Array.BYTES_PER_ELEMENT;
  };
  const exchanges = createLocalRanks(size).map(
    (exchange): RankExchange => ({
      ...exchange,
      exchangeSlots(sums, rows) {
        count(exchange.rank, rows);
        return exchange.exchangeSlots(sums, rows);
      },
      gatherOutputs(rows) {
        count(exchange.rank, rows);
        return exchange.gatherOutputs(rows);
      },
    }),
  );
  return {
    exchanges,
    takeRowBytes() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}
