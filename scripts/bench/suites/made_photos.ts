import { RandomStream } from "../../../src/core/random_stream.ts";
import { createSharedInt32, createSharedUint8 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";

/** Random images [count, side, side, 3] of bytes; the classes 0 to 9 take turns. */
export function makePhotos(count: number, side: number): Dataset {
  const random = new RandomStream(0, "bench-photos");
  const x = createSharedUint8(count * side * side * 3);
  for (let i = 0; i < x.length; i++) x[i] = random.integer(256);
  const y = createSharedInt32(count);
  for (let i = 0; i < y.length; i++) y[i] = i % 10;
  const sampleShape = [side, side, 3];
  const transforms = [{ kind: "scale", factor: 1 / 255, offset: 0 } as const];
  return Dataset.fromSource(createDataSource({ name: "made photos", x, y, sampleShape, taskLabel: 0, transforms }));
}
