import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { captureCli } from "../support/captured_cli.ts";
import { WORKER_COUNTS } from "../support/cover_members.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const WORDS = ["--model", "mlp:hiddenSize=8,hiddenLayers=1", "--batch-size", "8", "--workers", "0", "--quiet"];

/** The summary of a run on made data, 80 images for training. */
async function train(benchmark: string, words: readonly string[] = []) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 8, testPerClass: 3 }));
  const out = join(await makeFolder({}), "run");
  const all = ["train", "--data", data, "--out", out, "--benchmark", benchmark, ...WORDS, ...words];
  const outcome = await captureCli(all);
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  const summary = JSON.parse(await readFile(join(out, "summary.json"), "utf8"));
  return {
    final: summary.final,
    hash: summary.parametersHash,
    sizes: summary.experiences.map(({ examples }: { examples: number }) => examples),
    columns: summary.experiences.map(({ testAccuracy }: { testAccuracy: number[] }) => testAccuracy.length),
  };
}

describe("train", () => {
  test("deals samples instead of classes with scenario=new-instances", async () => {
    const { sizes, columns, final } = await train("split-mnist:scenario=new-instances,experiences=3");
    expect({ sizes, columns }).toEqual({ sizes: [27, 27, 26], columns: [1, 1, 1] });
    expect(final.streamAccuracy).toBe(final.averageAccuracy);
  });

  test("trains on smaller experiences with experienceSize, a random share kept for validation", async () => {
    const options = "experiences=2,experienceSize=16,validationSize=0.25,validationSplit=random";
    const { sizes, columns } = await train(`split-mnist:${options}`, ["--strategy", "replay:memSize=10"]);
    expect({ sizes, columns }).toEqual({ sizes: [12, 12, 6, 12, 12, 6], columns: [2, 2, 2, 2, 2, 2] });
  });

  test("trains on mixtures with decayBeta, with a buffer and with a head that grows", async () => {
    const benchmark = "split-mnist:experiences=4,onlineExperienceSize=6,decayBeta=3";
    const { sizes, columns } = await train(benchmark, ["--strategy", "replay:memSize=10"]);
    expect({ sizes, columns }).toEqual({ sizes: [24, 24, 16, 16], columns: [4, 4, 4, 4] });
    const growing = ["--model", "mlp:hiddenSize=8,hiddenLayers=1,incremental=true"];
    expect((await train(benchmark, growing)).sizes).toEqual([24, 24, 16, 16]);
  });

  test("deals more experiences than there are classes, evenly where asked to", async () => {
    const { sizes } = await train("split-mnist:scenario=new-instances,experiences=20,balanced=true");
    expect(sizes).toEqual([...Array(20).keys()].map(() => 4));
  });

  test("augments images in training alone, the same on any number of workers", async () => {
    const hash = async (benchmark: string, workers: string) => {
      const words = ["--workers", workers, "--logical-shards", "2", "--batch-size", "32"];
      return (await train(benchmark, words)).hash;
    };
    const augmented = "split-mnist:experiences=2,augment=crop|flip,cropPadding=3";
    const hashes = await Promise.all(WORKER_COUNTS.map((workers) => hash(augmented, String(workers))));
    const others = [
      "split-mnist:experiences=2",
      "split-mnist:experiences=2,augment=flip",
      "split-mnist:experiences=2,augment=crop",
    ];
    expect(new Set(hashes).size).toBe(1);
    expect(new Set([...hashes, ...(await Promise.all(others.map((other) => hash(other, "0"))))]).size).toBe(4);
  });

  test("refuses options that do not go together in one line, with status 2", async () => {
    const data = await makeFolder(makeMNISTFiles());
    const refusals = [
      ["split-mnist:decayBeta=3", "needs onlineExperienceSize beside decayBeta"],
      ["split-mnist:onlineDropLast=true", "needs onlineExperienceSize beside onlineDropLast"],
      ["split-mnist:onlineExperienceSize=5,onlineDropLast=true,decayBeta=3", "no onlineDropLast beside decayBeta"],
      ["split-mnist:experiences=11", "split-mnist: experiences must be at most 10, a class each, got 11"],
      ["split-mnist:balanced=true", "needs scenario=new-instances beside balanced"],
      ["split-mnist:scenario=new-instances,taskLabels=true", "no taskLabels"],
      ["split-mnist:augment=none|crop", 'augment must be crop, flip, crop|flip or none, got "none|crop"'],
      ["split-mnist:augment=crop,cropPadding=28", "augmentation: cropPadding must be below 28"],
      ["split-mnist:augment=blur", "augment"],
      ["split-mnist:validationSplit=half", "one of class-balanced, random"],
      ["split-mnist:scenario=new-instances,experiences=10,classOrder=1|2", "no classOrder"],
    ];
    for (const [benchmark = "", message = ""] of refusals) {
      const { status, stderr } = await captureCli(["train", "--data", data, "--benchmark", benchmark, ...WORDS]);
      expect([status, stderr.trim().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toContain(message);
    }
  });
});
