import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** The bytes of an idx file of unsigned bytes. */
export function makeIdx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * shape.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0x0800 + shape.length);
  for (const [axis, length] of shape.entries()) view.setUint32(4 + 4 * axis, length);
  bytes.set(data, 4 + 4 * shape.length);
  return bytes;
}

const folders: string[] = [];

/**
 * A new folder that holds the files given by name, "a/b.png" in a folder of its own. A test file that makes some ends
 * with `afterAll(removeFolders)`.
 */
export async function makeFolder(files: Readonly<Record<string, Uint8Array | string>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "firn-"));
  folders.push(folder);
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  return folder;
}

/** Removes what `makeFolder` made. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
}

/**
 * A small data set in MNIST's format: `trainPerClass` and `testPerClass` images of 28 × 28 of each of ten classes, the
 * classes taking turns. Pixel i of an image is ten times its class id plus 3·i, modulo 256, but the first, its row.
 */
export function makeMNISTFiles({
  trainPerClass = 20,
  testPerClass = 5,
  gzip = false,
}: {
  trainPerClass?: number;
  testPerClass?: number;
  gzip?: boolean;
} = {}): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const [part, perClass] of [
    ["train", trainPerClass],
    ["t10k", testPerClass],
  ] as const) {
    const rows = perClass * 10;
    const labels = Uint8Array.from({ length: rows }, (_, row) => row % 10);
    const images = new Uint8Array(rows * 784);
    for (let row = 0; row < rows; row++) {
      for (let i = 1; i < 784; i++) images[row * 784 + i] = (row % 10) * 10 + 3 * i;
      images[row * 784] = row;
    }
    files[`${part}-images-idx3-ubyte`] = makeIdx([rows, 28, 28], images);
    files[`${part}-labels-idx1-ubyte`] = makeIdx([rows], labels);
  }
  if (!gzip) return files;
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]));
}
