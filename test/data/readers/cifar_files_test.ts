import { afterAll, describe, expect, test } from "bun:test";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { loadCIFAR10, loadCIFAR100 } from "../../../src/data/readers/cifar_files.ts";
import { makeCIFARFiles } from "../../support/made_cifar.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

describe("loadCIFAR10()", () => {
  test("reads five batches and the test batch, planes turned into pixels", async () => {
    const folder = await makeFolder(makeCIFARFiles("CIFAR-10"));
    const { train, test: testPart } = await loadCIFAR10({ folder });
    expect([train.height, train.width, train.channels]).toEqual([32, 32, 3]);
    expect(Array.from(train.labels)).toEqual(Array(5).fill([0, 1, 2, 3]).flat());
    expect(Array.from(testPart.labels)).toEqual([...Array(10).keys()]);
    expect(train.images.length).toBe(20 * 3072);
    // Row 6 is the third of the second batch.
    const row = train.images.subarray(6 * 3072, 7 * 3072);
    for (let i = 0; i < 1024; i++) {
      expect(Array.from(row.subarray(3 * i, 3 * i + 3))).toEqual([2, i % 256, 2]);
    }
    expect(train.images.buffer).toBeInstanceOf(SharedArrayBuffer);
  });

  test("finds the files in the archive's folder too, and reads them once", async () => {
    const files = Object.entries(makeCIFARFiles("CIFAR-10")).map(([name, bytes]) => [
      `cifar-10-batches-bin/${name}`,
      bytes,
    ]);
    const folder = await makeFolder(Object.fromEntries(files));
    const { train } = await loadCIFAR10({ folder });
    expect((await loadCIFAR10({ folder: join(folder, "cifar-10-batches-bin") })).train).toBe(train);
  });

  test("says which files are wanted where, and which are missing", async () => {
    await expect(loadCIFAR10({})).rejects.toThrow(
      "CIFAR-10 needs the files data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, " +
        "data_batch_5.bin, test_batch.bin of cifar-10-binary.tar.gz (www.cs.toronto.edu/~kriz/cifar.html) in a folder " +
        'given as --data (in code: folder), got "no folder"',
    );
    const folder = await makeFolder(makeCIFARFiles("CIFAR-10"));
    await rm(join(folder, "data_batch_3.bin"));
    await expect(loadCIFAR10({ folder })).rejects.toThrow("without data_batch_3.bin");
  });

  test("names a file of another size or with a label out of range, and tries again at the next call", async () => {
    const files = makeCIFARFiles("CIFAR-10");
    const whole = files["data_batch_2.bin"] ?? new Uint8Array();
    const folder = await makeFolder({ ...files, "data_batch_2.bin": whole.subarray(1) });
    await expect(loadCIFAR10({ folder })).rejects.toThrow(
      `${JSON.stringify(join(folder, "data_batch_2.bin"))} needs rows of 3073 bytes, 1 of them labels, got "12291 bytes"`,
    );
    const astray = whole.slice();
    astray[3073] = 10;
    await writeFile(join(folder, "data_batch_2.bin"), astray);
    await expect(loadCIFAR10({ folder })).rejects.toThrow("needs labels from 0 to 9 in row 1, got 10");
    await writeFile(join(folder, "data_batch_2.bin"), whole);
    expect((await loadCIFAR10({ folder })).train.labels.length).toBe(20);
  });
});

describe("loadCIFAR100()", () => {
  test("reads the fine labels", async () => {
    const folder = await makeFolder(makeCIFARFiles("CIFAR-100"));
    const { train, test: testPart } = await loadCIFAR100({ folder });
    expect(Array.from(train.labels.subarray(0, 100))).toEqual([...Array(100).keys()]);
    expect(testPart.labels.length).toBe(100);
    expect(Array.from(train.images.subarray(7 * 3072, 7 * 3072 + 6))).toEqual([7, 0, 7, 7, 1, 7]);
    await expect(loadCIFAR100({ folder: "no-such" })).rejects.toThrow("no-such without train.bin, test.bin");
  });
});
