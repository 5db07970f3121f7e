import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolder } from "../support/made_idx.ts";

/** What of a made run directory is not as usual. */
export interface MadeRunOptions {
  /** The folder's own name. */
  readonly name?: string;
  readonly status?: "running" | "finished" | "interrupted" | "failed";
  readonly error?: string;
  /** Experiences that are done. */
  readonly trained?: number;
  readonly config?: Record<string, unknown>;
  /** Put behind the whole lines of metrics.jsonl. */
  readonly tail?: string;
  /** What stands in the place of accuracy. */
  readonly measure?: "rmse" | "r2" | "macro-f1";
  /** False leaves summary.json out. */
  readonly hasSummary?: boolean;
}

const classes = 2;

/** Makes a run directory as a run of three experiences leaves it. */
export async function makeRun(options: MadeRunOptions = {}): Promise<string> {
  const { name = "made-run", status = "finished", trained = 3, hasSummary = true, tail = "" } = options;
  const folder = join(await makeFolder({}), name);
  await mkdir(join(folder, "onnx"), { recursive: true });
  const config = {
    version: 1,
    strategy: { name: "naive", options: {} },
    benchmark: { name: "split-mnist", options: { experiences: 3, seed: 0 } },
    devices: ["cpu"],
    epochs: 1,
    ...options.config,
  };
  const experiences = Array.from({ length: trained }, (_, index) => ({
    index,
    classes: [index * classes, index * classes + 1],
    examples: 1000 + index,
    epochs: 1,
    trainSeconds: 1.5,
    evalSeconds: 0.25,
    // What is not trained yet was not measured.
    testAccuracy: [0, 1, 2].map((tested) => (tested > index ? null : tested === index ? 0.9 : 0.5)),
    streamAccuracy: 0.3 * (index + 1),
    onnx: { path: `onnx/experience-00${index}.onnx`, maxAbsoluteDifference: 1e-6 },
  }));
  for (const { onnx } of experiences) await writeFile(join(folder, onnx.path), new Uint8Array(1234));
  const final = { streamAccuracy: 0.3 * trained, averageAccuracy: 0.6, averageForgetting: 0.4, backwardTransfer: -0.4 };
  const summary = {
    version: 1,
    status,
    config,
    experiences,
    final: trained > 0 ? final : null,
    throughput: trained > 0 ? { trainExamplesPerSecond: 12345 } : null,
    parametersHash: trained > 0 ? "ab".repeat(32) : null,
    ...(options.error === undefined ? {} : { error: options.error }),
    ...(options.measure === undefined ? {} : { measure: options.measure }),
  };
  const lines = experiences.flatMap(({ index }) => [
    { key: "Loss_Epoch/train_phase/train_stream/Task000", value: 1 / (index + 1), step: index * 10 + 9 },
    { key: "Loss_Stream/eval_phase/test_stream/Task000", value: null, step: index * 10 + 10 },
    {
      key: "ConfusionMatrix_Stream/eval_phase/test_stream",
      value: [
        [3, 1],
        [0, 4],
      ],
      step: index * 10 + 10,
    },
    { key: "WeightCheckpoint/train_phase/train_stream/Exp000", value: { kind: "weights", sha256: "x" }, step: 9 },
  ]);
  const text = lines.map((line) => `${JSON.stringify({ ...line, experience: 0 })}\n`).join("");
  await writeFile(join(folder, "config.json"), JSON.stringify(config));
  await writeFile(join(folder, "metrics.jsonl"), text + tail);
  if (hasSummary) await writeFile(join(folder, "summary.json"), JSON.stringify(summary));
  return folder;
}
