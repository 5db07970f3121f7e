import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { makeCIFARFiles } from "../support/made_cifar.ts";
import { makeFolder, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--workers", "0", "--quiet"];

describe("train --benchmark split-cifar10", () => {
  test("trains on made files in the official format, and on CIFAR-100's", async () => {
    for (const [kind, name, classes] of [
      ["CIFAR-10", "split-cifar10:experiences=2", 5],
      ["CIFAR-100", "split-cifar100:experiences=2,taskLabels=true", 50],
    ] as const) {
      const [data, out] = [
        await makeFolder(makeCIFARFiles(kind, { trainPerClass: 10 })),
        join(await makeFolder({}), "run"),
      ];
      const words = ["train", "--benchmark", name, "--data", data, "--out", out, ...WORDS];
      expect(await captureCli(words)).toMatchObject({ status: 0, stderr: "" });
      const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
      expect(summary.experiences.map((experience: { classes: number[] }) => experience.classes.length)).toEqual([
        classes,
        classes,
      ]);
    }
  });

  test("says in one line which files it wants where, with status 2", async () => {
    for (const words of [["split-cifar10"], ["split-cifar100", "--data", "no-such"]]) {
      const { status, stderr } = await captureCli(["train", ...WORDS, "--benchmark", ...words]);
      expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toMatch(/needs the files (data_batch_1|train)\.bin, .* in a folder given as --data/);
    }
  });
});
