const PLANE = 32 * 32;

/** Which of the two data sets. */
export type MadeCIFAR = "CIFAR-10" | "CIFAR-100";

/**
 * The binary files of a small CIFAR data set: as many rows of each class as asked for, the classes taking turns. Pixel
 * i of a row is the class id, i modulo 256, and the row's number in its file modulo 256.
 */
export function makeCIFARFiles(
  kind: MadeCIFAR,
  { trainPerClass = 2, testPerClass = 1 }: { readonly trainPerClass?: number; readonly testPerClass?: number } = {},
): Record<string, Uint8Array> {
  const numClasses = kind === "CIFAR-10" ? 10 : 100;
  const labelBytes = kind === "CIFAR-10" ? 1 : 2;
  const makeRows = (count: number) => {
    const rowBytes = labelBytes + 3 * PLANE;
    const bytes = new Uint8Array(count * rowBytes);
    for (let row = 0; row < count; row++) {
      const id = row % numClasses;
      const start = row * rowBytes;
      // A coarse label that is not the fine one.
      bytes.set(labelBytes === 1 ? [id] : [19 - Math.floor(id / 5), id], start);
      bytes.fill(id, start + labelBytes, start + labelBytes + PLANE);
      for (let i = 0; i < PLANE; i++) bytes[start + labelBytes + PLANE + i] = i;
      bytes.fill(row, start + labelBytes + 2 * PLANE, start + rowBytes);
    }
    return bytes;
  };
  if (kind === "CIFAR-100")
    return { "train.bin": makeRows(trainPerClass * 100), "test.bin": makeRows(testPerClass * 100) };
  const batches = [1, 2, 3, 4, 5].map((batch) => [`data_batch_${batch}.bin`, makeRows(trainPerClass * 2)] as const);
  return { ...Object.fromEntries(batches), "test_batch.bin": makeRows(testPerClass * 10) };
}
