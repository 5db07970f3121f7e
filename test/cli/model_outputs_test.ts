import { afterAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { createNamed, resolveNamed } from "../../src/cli/options/named_factory.ts";
import { MODELS } from "../../src/cli/registries/models.ts";
import { captureCli } from "../support/captured_cli.ts";
import { makeFolder, makeMNISTFiles, removeFolders } from "../support/made_idx.ts";

afterAll(removeFolders);

const CONTEXT = { numClasses: 10, inputShape: [28, 28, 1], seed: 0, isTaskIncremental: true };

function create(text: string) {
  return createNamed(MODELS, resolveNamed(MODELS, text), CONTEXT);
}

/** Trains on made data. */
async function train(words: readonly string[]) {
  const data = await makeFolder(makeMNISTFiles({ trainPerClass: 4, testPerClass: 2 }));
  const out = join(await makeFolder({}), "run");
  return captureCli([
    "train",
    "--data",
    data,
    "--out",
    out,
    "--batch-size",
    "8",
    "--workers",
    "0",
    "--quiet",
    ...words,
  ]);
}

describe("outputs of a model", () => {
  for (const name of ["simple-mlp", "mlp", "lenet5"]) {
    test(`are as many as classes in ${name}, or as many as one says`, async () => {
      const [plain, wide] = [await create(name), await create(`${name}:outputs=24`)];
      expect([plain.outputShape, wide.outputShape]).toEqual([
        [null, 10],
        [null, 24],
      ]);
      plain.dispose();
      wide.dispose();
    });
  }

  test("are refused beside a head that grows", async () => {
    for (const head of ["incremental", "multiHead"]) {
      const both = create(`mlp:outputs=24,${head}=true`);
      await expect(both).rejects.toThrow(
        /^mlp: outputs is for a head that does not grow and excludes (incremental|multiHead)=true$/,
      );
    }
  });

  test("may be more than classes, as the embeddings of CoPE are, but not fewer", async () => {
    const words = ["--benchmark", "split-mnist:experiences=2", "--strategy", "cope:memSize=10"];
    const wide = await train([...words, "--model", "mlp:hiddenSize=8,outputs=16"]);
    expect({ status: wide.status, stderr: wide.stderr }).toEqual({ status: 0, stderr: "" });
    const narrow = await train([...words, "--model", "mlp:hiddenSize=8,outputs=4"]);
    expect(narrow.status).not.toBe(0);
    expect(narrow.stderr).toContain(
      "must have at least 10 outputs, one a class of the benchmark, or a head that grows, got 4",
    );
  });
});
