import { afterAll, describe, expect, test } from "bun:test";
import { execFile } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import sharp from "sharp";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const program = fileURLToPath(new URL("./bounded_program.ts", import.meta.url));
const runtimeWords = process.versions.deno ? ["run", "--allow-all", "--no-check", program] : [program];

const SIDE = 512;
const IMAGE_BYTES = SIDE * SIDE * 3;
const CACHED_IMAGES = 64;

/** So many images of two classes, each of one colour: files of a few bytes that are large once they are decoded. */
async function makeImages(count: number): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const [c, name] of ["dark", "light"].entries()) {
    const background = { r: 200 * c, g: 20, b: 40 };
    const image = await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } })
      .png()
      .toBuffer();
    for (let i = 0; i < count / 2; i++) files[`${name}/${i}.png`] = image;
  }
  return makeFolder(files);
}

/** The most bytes of memory that training on so many images takes, where so many may be in memory. */
async function measurePeak(count: number): Promise<number> {
  const words = [...runtimeWords, String(CACHED_IMAGES * IMAGE_BYTES), await makeImages(count)];
  return Number((await promisify(execFile)(process.execPath, words)).stdout);
}

/** Elsewhere the system does not say how large a process has been. */
describe.if(process.platform === "linux")("a stream that does not fit into memory", () => {
  test("trains in bounded memory, where it is eight times larger than the bound", async () => {
    const [fitting, larger] = [await measurePeak(CACHED_IMAGES), await measurePeak(8 * CACHED_IMAGES)];
    expect(fitting).toBeGreaterThan(CACHED_IMAGES * IMAGE_BYTES);
    // Threads that decode take something, and so does what they have decoded until it is collected. All samples at once
    // would take seven times the bound more, twice: as they are decoded, and in shared memory.
    expect(larger - fitting).toBeLessThan(7 * CACHED_IMAGES * IMAGE_BYTES);
  }, 120_000);
});
