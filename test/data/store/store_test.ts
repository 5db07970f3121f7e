import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { StoreDecoder } from "../../../src/data/store/store_decoder.ts";
import { awaitRow, copyRow, requestRow } from "../../../src/data/store/stored_rows.ts";
import { ClockWord, countStoreBytes, createStoredSamples } from "../../../src/data/store/stored_samples.ts";

const ROW_BYTES = 8;

/** What row `row` holds, whoever decodes it. */
function makeRow(row: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: ROW_BYTES }, (_, i) => (row * 7 + i * 31) % 256);
}

/** A store of made rows that is served in this thread. */
function openMadeStore({ rows, slots, decoders = 1 }: { rows: number; slots: number; decoders?: number }) {
  const store = createStoredSamples({
    subject: "made",
    rows,
    rowBytes: ROW_BYTES,
    cacheBytes: slots * ROW_BYTES,
    decoders,
  });
  const decode = async (row: number) => {
    // Rows come in another order than they were asked for.
    for (let i = 0; i < row % 3; i++) await Promise.resolve();
    return makeRow(row);
  };
  const served = store.parts.map((part) => new StoreDecoder(store, part, { decode }));
  for (const decoder of served) void decoder.serve();
  const read = async (row: number) => {
    const bytes = new Uint8Array(ROW_BYTES);
    requestRow(store, row);
    await awaitRow(store, row);
    copyRow(store, row, bytes);
    return bytes;
  };
  const stop = () => {
    for (const decoder of served) decoder.stop();
  };
  return { store, read, stop };
}

describe("StoredSamples", () => {
  test("gives every row as it was decoded, whatever the order, the readers and the slots", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 64, max: 300 }),
        fc.integer({ min: 64, max: 128 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.array(fc.nat({ max: 299 }), { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
        async (rows, slots, decoders, readers) => {
          const { store, read, stop } = openMadeStore({ rows, slots, decoders });
          try {
            await Promise.all(
              readers.map(async (wanted) => {
                for (const row of wanted) expect(await read(row % rows)).toEqual(makeRow(row % rows));
              }),
            );
            expect(countStoreBytes(store)).toBeLessThanOrEqual(slots * ROW_BYTES);
            expect(store.pins.every((pins) => pins === 0)).toBe(true);
            const held = store.slotOf.filter((place) => place > 0);
            expect(held.length).toBeLessThanOrEqual(Math.min(rows, slots));
          } finally {
            stop();
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  test("decodes each row once where all of them fit", async () => {
    const { store, read, stop } = openMadeStore({ rows: 100, slots: 100 });
    for (let epoch = 0; epoch < 3; epoch++) for (let row = 0; row < 100; row++) await read(row);
    expect(store.clock[ClockWord.decoded]).toBe(100);
    stop();
  });

  test("finds near a fifth of a set four times as large as the cache in it, epoch after epoch", async () => {
    const [rows, epochs] = [512, 6];
    const { store, read, stop } = openMadeStore({ rows, slots: 128 });
    const random = new RandomStream(1, "order");
    for (let epoch = 0; epoch < epochs; epoch++) for (const row of random.permutation(rows)) await read(row);
    const found = 1 - ((store.clock[ClockWord.decoded] ?? 0) - rows) / (rows * (epochs - 1));
    // Three quarters of the slots stay: 96 of 512 rows. The least recently read ones would find one in thirty.
    expect(found).toBeGreaterThan(0.15);
    expect(found).toBeLessThan(0.3);
    stop();
  });

  test("makes room for another experience's rows once those of the last are two epochs old", async () => {
    const { store, read, stop } = openMadeStore({ rows: 256, slots: 64 });
    store.clock[ClockWord.horizon] = 64;
    for (let row = 0; row < 64; row++) await read(row);
    for (let epoch = 0; epoch < 5; epoch++) for (let row = 128; row < 176; row++) await read(row);
    const before = store.clock[ClockWord.decoded];
    for (let row = 128; row < 176; row++) await read(row);
    expect(store.clock[ClockWord.decoded]).toBe(before);
    stop();
  });

  test("refuses a bound below 64 samples", () => {
    const make = () =>
      createStoredSamples({ subject: "digits", rows: 1000, rowBytes: 1000, cacheBytes: 63_999, decoders: 1 });
    expect(make).toThrow("digits: the cache of samples must have at least 64000 bytes, 64 samples of 1000 bytes");
  });
});
