import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { countElements } from "../../src/core/host_tensor.ts";
import { copyToSharedInt32, createSharedFloat32, createSharedUint8 } from "../../src/core/shared/shared_memory.ts";
import { createDataSource, type DataSource } from "../../src/data/data_source.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { gatherSamples } from "../../src/data/gather.ts";
import { createTransformStep } from "../../src/data/transforms/apply_transform.ts";
import type { Transform } from "../../src/data/transforms/transform.ts";

/** A source of `rows` samples whose values run 0, 7, 14 … modulo 256. */
function makeSource(
  { rows = 5, sampleShape = [2, 2, 3], floats = false }: { rows?: number; sampleShape?: number[]; floats?: boolean },
  transforms: readonly Transform[],
): DataSource {
  const length = rows * countElements(sampleShape);
  const x = floats ? createSharedFloat32(length) : createSharedUint8(length);
  for (let i = 0; i < length; i++) x[i] = (i * 7) % 256;
  const y = copyToSharedInt32(new Int32Array(rows));
  return createDataSource({ name: "made", x, y, sampleShape, taskLabel: 0, transforms });
}

/** All samples of a data set, one row after another. */
function gatherAll(dataset: Dataset, sampleSize: number): Float32Array {
  const out = new Float32Array(dataset.length * sampleSize);
  gatherSamples(dataset.sources, dataset.references, { start: 0, end: dataset.length }, out);
  return out;
}

/** The slow version: one transform after another on one row. */
function readSlowly(source: DataSource, row: number): number[] {
  const size = countElements(source.sampleShape);
  let values = Float64Array.from(source.x.subarray(row * size, (row + 1) * size));
  for (const transform of source.transforms) {
    const next = new Float64Array(size);
    createTransformStep(transform, source.sampleShape)(values, next);
    values = next;
  }
  return Array.from(Float32Array.from(values));
}

const finite = { noNaN: true, min: -4, max: 4 } as const;
const transform: fc.Arbitrary<Transform> = fc.oneof(
  fc.record({ kind: fc.constant("scale" as const), factor: fc.double(finite), offset: fc.double(finite) }),
  fc.constantFrom(1, 3).chain((channels) =>
    fc.record({
      kind: fc.constant("normalize" as const),
      mean: fc.array(fc.double(finite), { minLength: channels, maxLength: channels }),
      std: fc.array(fc.double({ noNaN: true, min: 0.5, max: 4 }), { minLength: channels, maxLength: channels }),
    }),
  ),
  fc
    .shuffledSubarray([...Array(12).keys()], { minLength: 12 })
    .map((order) => ({ kind: "permute" as const, order: copyToSharedInt32(order) })),
  fc.record({ kind: fc.constant("rotate" as const), degrees: fc.integer({ min: -180, max: 180 }) }),
);

describe("gatherSamples()", () => {
  test("reads samples beyond 2 GiB", () => {
    const [size, rows] = [2 ** 20, 2100];
    // Pages that nobody writes to take no memory.
    const x = createSharedUint8(rows * size);
    x.set([10, 20, 30, 40], (rows - 1) * size);
    const y = copyToSharedInt32(new Int32Array(rows));
    const transforms = [{ kind: "scale", factor: 0.5, offset: 1 } as const];
    const source = createDataSource({ name: "large", x, y, sampleShape: [size], taskLabel: 0, transforms });
    const last = Dataset.fromSource(source).subset([rows - 1]);
    expect([...gatherAll(last, size).subarray(0, 5)]).toEqual([6, 11, 16, 21, 1]);
  });

  test("gives what one transform after another gives, whichever way it takes", () => {
    fc.assert(
      fc.property(fc.array(transform, { maxLength: 4 }), fc.boolean(), (transforms, floats) => {
        const source = makeSource({ floats }, transforms);
        const positions = [4, 0, 2, 2];
        const rows = gatherAll(Dataset.fromSource(source).subset(positions), 12);
        expect(Array.from(rows)).toEqual(positions.flatMap((row) => readSlowly(source, row)));
      }),
    );
  });

  test("writes the range alone, at the front of a longer array, from several sources", () => {
    const [first, second] = [makeSource({}, []), makeSource({}, [{ kind: "scale", factor: 0, offset: 5 }])];
    const both = Dataset.concat([Dataset.fromSource(first), Dataset.fromSource(second)]);
    const out = new Float32Array(40).fill(-1);
    gatherSamples(both.sources, both.references, { start: 4, end: 6 }, out);
    expect(Array.from(out.subarray(0, 12))).toEqual(Array.from(first.x.subarray(48, 60)));
    expect(Array.from(out.subarray(12, 24))).toEqual(new Array(12).fill(5));
    expect(Array.from(out.subarray(24))).toEqual(new Array(16).fill(-1));
  });

  test("refuses a range, a row, a source or an array that does not fit", () => {
    const dataset = Dataset.fromSource(makeSource({}, []));
    const out = new Float32Array(60);
    const { sources, references } = dataset;
    const gather = (end: number, room = out) => gatherSamples(sources, references, { start: 0, end }, room);
    expect(() => gather(6)).toThrow("a range within 0 to 5");
    expect(() => gather(5, out.subarray(1))).toThrow("room for 60 values");
    const astray = { sourceIds: references.sourceIds, rows: Int32Array.of(5, 0, 0, 0, 0) };
    expect(() => gatherSamples(sources, astray, { start: 0, end: 1 }, out)).toThrow("a row below 5");
    expect(() => gatherSamples(new Map(), references, { start: 0, end: 1 }, out)).toThrow("one of the sources");
    const mixed = Dataset.concat([dataset, Dataset.fromSource(makeSource({ sampleShape: [4] }, []))]);
    expect(() => gatherAll(mixed, 12)).toThrow("samples of 12 values");
  });
});

describe("createDataSource()", () => {
  test("refuses a transform that does not fit the samples", () => {
    const order = copyToSharedInt32([0, 1, 1]);
    expect(() => makeSource({ sampleShape: [3] }, [{ kind: "permute", order }])).toThrow("each of 0 to 2 once, got 1");
    expect(() => makeSource({ sampleShape: [4] }, [{ kind: "permute", order }])).toThrow("an order of 4 positions");
    expect(() => makeSource({}, [{ kind: "normalize", mean: [1, 2], std: [1, 2] }])).toThrow("3 channels");
    expect(() => makeSource({}, [{ kind: "normalize", mean: [1], std: [0] }])).toThrow("every std above 0");
    expect(() => makeSource({ sampleShape: [3] }, [{ kind: "rotate", degrees: 3 }])).toThrow("flattened square");
  });

  test("gives every source an id of its own, one made from another too", () => {
    const source = makeSource({}, []);
    const other = createDataSource({ ...source, taskLabel: 1 });
    expect(other.id).not.toBe(source.id);
    expect(other.x).toBe(source.x);
  });
});
