import { expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { BatchSampler } from "../../src/memory/loaders/batch_sampler.ts";

/** The same with the whole order in an array, in which places change hands. */
function* slowBatches(length: number, batchSize: number, random: RandomStream): Generator<number[]> {
  const order = Array.from({ length }, (_, i) => i);
  for (;;) {
    for (let start = 0; start < length; start += batchSize) {
      const end = Math.min(start + batchSize, length);
      for (let i = start; i < end; i++) {
        const chosen = i + random.integer(length - i);
        [order[i], order[chosen]] = [order[chosen] ?? 0, order[i] ?? 0];
      }
      yield order.slice(start, end);
    }
  }
}

test("BatchSampler that starts again draws what an array of all places would give", () => {
  const number = fc.integer({ min: 1, max: 20 });
  fc.assert(
    fc.property(number, number, fc.nat(99), (length, batchSize, seed) => {
      const random = new RandomStream(seed, "shuffle");
      const sampler = new BatchSampler({ length, batchSize, dropLast: false, cycle: true, random });
      const slow = slowBatches(length, batchSize, new RandomStream(seed, "shuffle"));
      for (let i = 0; i < 12; i++) expect([...sampler.next()]).toEqual(slow.next().value ?? []);
    }),
  );
});

test("BatchSampler that starts again without a random stream goes on in order", () => {
  const sampler = new BatchSampler({ length: 3, batchSize: 2, dropLast: false, cycle: true, random: undefined });
  expect(Array.from({ length: 4 }, () => [...sampler.next()])).toEqual([[0, 1], [2], [0, 1], [2]]);
});
