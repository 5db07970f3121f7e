import { afterAll, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { learnFromFeedback, measureAccuracy } from "../../../../scripts/bench/feedback/feedback_loop.ts";
import { PIXELS, tellDigits } from "../../../../scripts/bench/feedback/told_digits.ts";
import { connect } from "../../../../src/serving/client/connect.ts";
import { serve } from "../../../../src/serving/serve.ts";
import { readSummary, train } from "../../../cli/made_months.ts";
import { makeNpy } from "../../../support/made_files.ts";
import { makeFolder, removeFolders } from "../../../support/made_idx.ts";

afterAll(removeFolders);

const WORDS = [
  "--strategy=replay:memSize=40",
  "--model=mlp:hiddenSize=32,hiddenLayers=1,incremental=true",
  "--epochs=10",
  "--batch-size=16",
  "--logical-shards=1",
  "--workers=0",
];

test("digits that are told over HTTP alone are learnt as offline, from asking to answering", async () => {
  const root = await makeFolder({});
  // Offline, classes are numbered by their names; here as they come.
  const digits = await tellDigits({ experiences: 2, seed: 0, classOrder: [...Array(10).keys()], rows: 80 });
  const held = { images: digits.test.images.subarray(0, 500 * PIXELS), labels: digits.test.labels.slice(0, 500) };
  const [told, out, written, offline] = ["told", "learnt", "written", "offline"].map((name) => join(root, name));
  if (!told || !out || !written || !offline) throw new Error("four folders");
  const words = [...WORDS, "--max-forgetting=1"];
  const { accuracy, states } = await learnFromFeedback({ folder: told, out, words, train: digits.train, test: held });
  expect(states).toEqual(["ready", "ready"]);

  // The same digits, not by way of the server.
  for (const [i, { images, labels }] of digits.train.entries()) {
    const folder = join(written, `feedback-000${i + 1}`);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "x.npy"), makeNpy(images, { descr: "|u1", shape: [labels.length, 28, 28, 1] }));
    await writeFile(join(folder, "y.npy"), makeNpy(labels, { descr: "<i8" }));
  }
  const benchmark = `--benchmark=directory:path=${written},mean=0.1307,std=0.3081`;
  await train([...WORDS, benchmark, "--quiet", `--out=${offline}`]);
  expect((await readSummary(out)).parametersHash).toBe((await readSummary(offline)).parametersHash);
  await using serving = await serve({ models: [{ path: offline, name: "offline" }], maxForgetting: 1 });
  const wanted = await measureAccuracy(connect(serving.url), held);
  expect(wanted).toBeGreaterThan(0.5);
  expect(Math.abs(accuracy - wanted)).toBeLessThanOrEqual(0.02);
}, 120_000);
