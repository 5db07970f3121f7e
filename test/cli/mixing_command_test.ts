import { afterAll, describe, expect, test } from "bun:test";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makePng } from "../support/made_files.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

function makeImages(): Promise<string> {
  const files: Record<string, Uint8Array> = {};
  for (const [c, name] of ["cat", "dog"].entries()) {
    for (let i = 0; i < 40; i++) files[`${name}/${i}.png`] = makePng(100 * c + i, { channels: 3 });
  }
  return makeFolder(files);
}

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--logical-shards", "2", "--no-onnx", "--quiet"];

describe("train --plugin mixup and cutmix", () => {
  test("trains the same bits on 0 and 2 workers, from memory and on demand", async () => {
    const [path, runs] = [await makeImages(), await makeFolder({})];
    const benchmark = `directory:path=${path},scenario=new-instances,experiences=2,transforms=horizontal-flip`;
    const hashes = new Set<string>();
    for (const plugin of ["mixup:alpha=0.5", "cutmix"]) {
      const own: string[] = [];
      for (const options of [
        ["--workers", "0"],
        ["--workers", "2", "--cache", "4KiB"],
      ]) {
        const out = join(runs, `${plugin.slice(0, 3)}-${own.length}`);
        const words = ["train", "--benchmark", benchmark, ...WORDS, "--plugin", plugin, ...options, "--out", out];
        const { status, stderr } = await captureCli(words);
        expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
        own.push(JSON.parse(await readFile(join(out, "summary.json"), "utf8")).parametersHash);
      }
      expect(own[1]).toBe(own[0] ?? "");
      hashes.add(own[0] ?? "");
    }
    expect(hashes.size).toBe(2);
  }, 60_000);

  test("is refused with what needs hard labels before anything is written", async () => {
    const [path, runs] = [await makeImages(), await makeFolder({})];
    for (const [options, message] of [
      [["--plugin", "mixup", "--criterion", "focal"], "MixupPlugin requires the criterion CrossEntropyLoss"],
      [
        ["--plugin", "mixup", "--strategy", "lwf:alpha=1,temperature=2"],
        "nothing beside it that needs samples with one label",
      ],
      [["--plugin", "cutmix", "--plugin", "mixup"], "nothing beside it that mixes samples"],
      [["--plugin", "mixup:alpha=0"], "alpha must be"],
    ] as const) {
      const words = [
        "train",
        "--benchmark",
        `directory:path=${path}`,
        ...WORDS,
        ...options,
        "--out",
        join(runs, "run"),
      ];
      const { status, stderr } = await captureCli(words);
      expect(status).toBe(2);
      expect(stderr).toContain(message);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(await readdir(runs)).toEqual([]);
    }
  }, 60_000);
});
