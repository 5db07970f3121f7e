import { afterAll, describe, expect, test } from "bun:test";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

/** 80 images of 4 × 4 to train on, in two classes of one experience, and 8 to test on. */
function makeImages(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const [part, count] of [
    ["train", 40],
    ["test", 4],
  ] as const) {
    for (const [c, name] of ["cat", "dog"].entries()) {
      for (let i = 0; i < count; i++) files[`${part}/may/${name}/${i}.png`] = makePng(100 * c + i, { channels: 3 });
    }
  }
  return makeFolder(files);
}

const WORDS = [
  "--model",
  "mlp:hiddenSize=8,hiddenLayers=1",
  "--batch-size",
  "8",
  "--workers",
  "0",
  "--quiet",
  "--no-onnx",
];

/** Room for 64 of the images. */
const CACHE = ["--cache", "3KiB"];

async function readHash(run: string): Promise<string> {
  return JSON.parse(await readFile(join(run, "summary.json"), "utf8")).parametersHash;
}

describe("train --cache", () => {
  test("trains on images that do not fit with the bits of images that do, transforms included", async () => {
    const [path, runs] = [await makeImages(), await makeFolder({})];
    const transforms = "transforms=random-resized-crop:size=3|horizontal-flip:probability=0.3,normalize=imagenet";
    const words = ["--benchmark", `directory:path=${path},${transforms}`, ...WORDS];
    for (const [run, cache] of [
      ["whole", []],
      ["lazy", CACHE],
    ] as const) {
      const { status, stderr } = await captureCli(["train", ...words, ...cache, "--out", join(runs, run)]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    }
    expect(await readHash(join(runs, "lazy"))).toBe(await readHash(join(runs, "whole")));
    const config = JSON.parse(await readFile(join(runs, "lazy", "config.json"), "utf8"));
    expect(config.cacheBytes).toBe(3072);
  }, 60_000);

  test("names a file that is truncated in one sentence, and goes on once it is whole", async () => {
    const [path, runs] = [await makeImages(), await makeFolder({})];
    const [whole, broken] = [join(runs, "whole"), join(runs, "broken")];
    const words = ["--benchmark", `directory:path=${path}`, ...WORDS, ...CACHE, "--checkpoint-every", "1"];
    expect((await captureCli(["train", ...words, "--out", whole])).status).toBe(0);
    const gone = join(path, "train", "may", "dog", "17.png");
    await writeFile(gone, makePng(117, { channels: 3 }).subarray(0, 60));
    const failed = await captureCli(["train", ...words, "--out", broken]);
    expect(failed.status).toBe(1);
    expect(failed.stderr).toMatch(/^[^\n]*17\.png: (?:truncated|damaged or unsupported) PNG image\n$/);
    await writeFile(gone, makePng(117, { channels: 3 }));
    const resumed = await captureCli(["train", "--resume", broken, "--quiet", "--accept-changed-data"]);
    expect({ status: resumed.status, stderr: resumed.stderr }).toEqual({ status: 0, stderr: "" });
    expect(await readHash(broken)).toBe(await readHash(whole));
  }, 60_000);

  test("refuses what is no amount of memory", async () => {
    const { status, stderr } = await captureCli(["train", "--cache", "lots"]);
    expect(status).toBe(2);
    expect(stderr).toContain('--cache must be an amount of memory such as 512MiB or 4GiB, got "lots"');
  });
});
