import { divideShards } from "../../../src/cluster/ranks/exchange_plan.ts";
import type { RankExchange } from "../../../src/cluster/ranks/rank_exchange.ts";
import { hashParameters } from "../../../src/core/hashing/hash_parameters.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { copyToSharedFloat32, createSharedFloat32 } from "../../../src/core/shared/shared_memory.ts";

/** Vectors of one element, of odd lengths, and of more than a piece of the kernels. */
const LENGTHS = [1, 63, 1000, 40_001];

/**
 * What every rank has after exchanges of made numbers: one text a call. It depends on the numbers alone, which depend
 * on `shards`, and so it is the same on all ranks, for any number of ranks, by whatever way they exchange.
 */
export async function playExchanges(exchange: RankExchange, shards: number): Promise<string[]> {
  const { rank, size } = exchange;
  const bounds = divideShards(shards, size);
  const [first = 0, end = 0] = bounds.slice(rank, rank + 2);
  const counts = bounds.slice(1).map((bound, i) => bound - (bounds[i] ?? 0));
  const seen: string[] = [];
  for (const length of LENGTHS) {
    const made = Array.from({ length: shards }, (_, shard) => makeVector(length, shard));
    const own = made.slice(first, end).map(copyToSharedFloat32);
    const mean = createSharedFloat32(length);
    // The sum goes into a slot itself, as the gradient does.
    const sum = own[0] ?? createSharedFloat32(length);
    const weights = made.map((_, shard) => shard + 1);
    const rows = createSharedFloat32(3 * shards);
    for (let i = 3 * first; i < 3 * end; i++) rows[i] = length + i;
    const row = { values: rows, bounds: bounds.map((bound) => 3 * bound) };
    const sums = [
      { slots: own, counts, weights, into: mean },
      { slots: own, counts, into: sum },
    ];
    await exchange.exchangeSlots(sums, [row]);
    seen.push(hashParameters(mean), hashParameters(sum), rows.join());
  }
  const whole = copyToSharedFloat32(makeVector(5, rank));
  await exchange.gatherParameters([whole, copyToSharedFloat32(makeVector(2000, rank))]);
  const said = await exchange.agree(rank === 0 ? "é; the first" : "");
  await exchange.gatherOutputs([]);
  return [...seen, hashParameters(whole), said.join("")];
}

function makeVector(length: number, seed: number): Float32Array {
  const random = new RandomStream(seed, "made");
  return Float32Array.from({ length }, () => random.uniform() - 0.5);
}
