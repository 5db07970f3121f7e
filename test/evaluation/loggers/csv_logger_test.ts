import { afterAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { CSVLogger, type CSVLoggerOptions } from "../../../src/evaluation/loggers/csv_logger.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { forgettingMetrics } from "../../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";
import { FakeStrategy, type SeenMinibatch } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";
import { computeSlowAccuracy, computeSlowLoss } from "../slow_measures.ts";

afterAll(removeFolders);

const occasions = { epoch: true, experience: true };

/** Two experiences of two epochs with a validation after each epoch, an evaluation of both after each experience. */
function run(options: CSVLoggerOptions, { measures = true }: { measures?: boolean } = {}) {
  const metrics = measures
    ? [...accuracyMetrics(occasions), ...lossMetrics(occasions), ...forgettingMetrics({ experience: true })]
    : [];
  const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [new CSVLogger(options)] }));
  const valid = [createPlainStream("valid", 1).at(0)];
  for (const experience of createPlainStream("train", 2)) {
    strategy.train([experience], { epochs: 2, evalEveryEpoch: valid });
    strategy.eval([...createPlainStream("test", 2)]);
  }
  return strategy.seen;
}

async function readRows(folder: string, file: string): Promise<string[][]> {
  const text = await readFile(join(folder, file), "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
}

const spell = (value: number) => value.toFixed(4);

describe("CSVLogger", () => {
  test("writes a row an epoch, with the validation after it", async () => {
    const folder = join(await makeFolder({}), "csv");
    const seen = run({ folder });
    const [heading, ...rows] = await readRows(folder, "training_results.csv");
    expect(heading).toEqual([
      "training_exp",
      "epoch",
      "training_accuracy",
      "val_accuracy",
      "training_loss",
      "val_loss",
    ]);
    const epochs = [
      ...Map.groupBy(
        seen.filter(({ phase }) => phase === "train"),
        ({ round }) => round,
      ).values(),
    ];
    const validations = [
      ...Map.groupBy(
        seen.filter(({ stream }) => stream === "valid"),
        ({ round }) => round,
      ).values(),
    ];
    const expected = epochs.map((epoch, i) => {
      const validation = validations[i] ?? [];
      const values = [
        spell(computeSlowAccuracy(epoch)),
        spell(computeSlowAccuracy(validation)),
        spell(computeSlowLoss(epoch)),
        spell(computeSlowLoss(validation)),
      ];
      return [String(Math.floor(i / 2)), String(i % 2), ...values];
    });
    expect(rows).toEqual(expected);
  });

  test("writes no validation of an epoch or experience before", async () => {
    const folder = await makeFolder({});
    const metrics = [...accuracyMetrics(occasions), ...lossMetrics(occasions)];
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [new CSVLogger({ folder })] }));
    const [first, second] = createPlainStream("train", 2);
    if (!first || !second) throw new Error("two experiences were made");
    strategy.train([first], { evalEveryEpoch: [createPlainStream("valid", 1).at(0)] });
    strategy.train([second], { epochs: 2 });
    const rows = (await readRows(folder, "training_results.csv")).slice(1);
    expect(rows.map(([experience, epoch]) => [experience, epoch])).toEqual([
      ["0", "0"],
      ["1", "0"],
      ["1", "1"],
    ]);
    expect(rows.map((row) => [row[3] === "0", row[5] === "0"])).toEqual([
      [false, false],
      [true, true],
      [true, true],
    ]);
  });

  test("writes a row an evaluated experience outside training, with forgetting where it is known", async () => {
    const folder = await makeFolder({});
    const seen = run({ folder: () => folder });
    const [heading, ...rows] = await readRows(folder, "eval_results.csv");
    expect(heading).toEqual(["eval_exp", "training_exp", "eval_accuracy", "eval_loss", "forgetting"]);
    const tested = [
      ...Map.groupBy(
        seen.filter(({ stream }) => stream === "test"),
        ({ round }) => round,
      ).values(),
    ];
    const of = (round: readonly SeenMinibatch[] | undefined, k: number) =>
      (round ?? []).filter(({ experience }) => experience === k);
    expect(rows.length).toBe(4);
    for (const [trained, round] of tested.entries()) {
      for (const k of [0, 1]) {
        const accuracy = computeSlowAccuracy(of(round, k));
        const isForgotten = k < trained;
        const fall = computeSlowAccuracy(of(tested[0], 0)) - accuracy;
        expect(rows[trained * 2 + k]).toEqual([
          String(k),
          String(trained),
          spell(accuracy),
          spell(computeSlowLoss(of(round, k))),
          isForgotten ? spell(fall) : "0",
        ]);
      }
    }
  });

  test("writes 0 for what nobody measured", async () => {
    const folder = await makeFolder({});
    run({ folder }, { measures: false });
    expect((await readRows(folder, "training_results.csv"))[1]).toEqual(["0", "0", "0", "0", "0", "0"]);
    expect((await readRows(folder, "eval_results.csv"))[1]).toEqual(["0", "0", "0", "0", "0"]);
  });

  test("starts its files anew, or goes on with them when asked to", async () => {
    const folder = await makeFolder({});
    run({ folder });
    run({ folder });
    expect((await readRows(folder, "training_results.csv")).length).toBe(5);
    run({ folder, append: true });
    expect((await readRows(folder, "training_results.csv")).length).toBe(9);
  });
});
