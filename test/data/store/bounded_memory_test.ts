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

const SIDE = 256;
const IMAGE_BYTES = SIDE * SIDE * 3;
const CACHED_IMAGES = 160;

/** So many images of two classes, each of one colour: files of a few bytes that are large once they are decoded. */
async function makeImages(count: number): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const [c, name] of ["dark", "light"].entries()) {
    const background = { r: 200 * c, g: 20, b: 40 };
    const image = await sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } }).png().toBuffer();
    for (let i = 0; i < count / 2; i++) files[`${name}/${i}.png`] = image;
  }
  return makeFolder(files);
}

/** Elsewhere the system does not say how large a process has been. */
describe.if(process.platform === "linux")("a stream that does not fit into memory", () => {
  test("trains in bounded memory, where it is four times larger than the bound", async () => {
    const cacheBytes = CACHED_IMAGES * IMAGE_BYTES;
    // What the runtime and the libraries take is taken by the first.
    const folders = [await makeImages(CACHED_IMAGES), await makeImages(4 * CACHED_IMAGES)];
    const words = [...runtimeWords, String(cacheBytes), ...folders];
    const { stdout } = await promisify(execFile)(process.execPath, words);
    const [fitting = 0, larger = 0] = JSON.parse(stdout);
    expect(fitting).toBeGreaterThan(cacheBytes);
    // All of the larger set would take three times the cache more, at least.
    expect(larger - fitting).toBeLessThan(1.5 * cacheBytes);
  }, 120_000);
});
