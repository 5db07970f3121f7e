import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../../src/evaluation/evaluation_plugin.ts";
import { R2 } from "../../../../src/evaluation/metrics/loss/r_squared.ts";
import {
  type RegressionMetricsOptions,
  r2ForgettingMetrics,
  r2Metrics,
  rmseForgettingMetrics,
  rmseMetrics,
} from "../../../../src/evaluation/metrics/loss/regression_metrics.ts";
import { RMSE } from "../../../../src/evaluation/metrics/loss/root_mean_squared_error.ts";
import { FakeStrategy, type SeenMinibatch } from "../../fake_strategy.ts";
import { createPlainStream } from "../../fake_stream.ts";

const occasions = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };

/** Trains on two experiences and evaluates three after each. */
function run({ classes = 3, ...options }: RegressionMetricsOptions & { classes?: number }) {
  const both = { experience: true, stream: true };
  const forgetting = [...rmseForgettingMetrics(both), ...r2ForgettingMetrics(both)];
  const metrics = [...rmseMetrics(options), ...r2Metrics(options), ...forgetting];
  const evaluator = new EvaluationPlugin({ metrics });
  const strategy = new FakeStrategy(evaluator, { classes });
  for (const experience of createPlainStream("train", 2)) {
    strategy.train([experience], { epochs: 2, batches: [3, 2] });
    strategy.eval([...createPlainStream("test", 3)]);
  }
  return { all: evaluator.getAllMetrics(), seen: strategy.seen };
}

function measure(create: () => RMSE | R2, minibatches: readonly SeenMinibatch[]): number {
  const metric = create();
  for (const { logits, y } of minibatches) {
    const width = logits[0]?.length ?? 0;
    const targets = logits.map((row, i) =>
      row.map((_, column) => (width === 1 ? (y[i] ?? 0) : Number(column === y[i]))),
    );
    const toTensor = (rows: readonly (readonly number[])[]) => ({
      data: Float32Array.from(rows.flat()),
      shape: [rows.length, width],
    });
    metric.update(toTensor(logits), toTensor(targets));
  }
  return metric.result();
}

describe("rmseMetrics() and r2Metrics()", () => {
  for (const [name, create] of [
    ["RMSE", () => new RMSE()],
    ["R2", () => new R2()],
  ] as const) {
    test(`report ${name} at every occasion, against one-hot rows of the class ids`, () => {
      const { all, seen } = run({ ...occasions, trainedExperience: true });
      const train = seen.filter(({ phase }) => phase === "train");
      const values = (key: string) => all[key]?.values;
      const [training, testing] = ["train_phase/train_stream/Task000", "eval_phase/test_stream/Task000"];
      expect(values(`Top1_${name}_MB/${training}`)).toEqual(train.map((one) => measure(create, [one])));
      const epochs = [...Map.groupBy(train, ({ round }) => round).values()];
      expect(values(`Top1_${name}_Epoch/${training}`)).toEqual(epochs.map((epoch) => measure(create, epoch)));
      expect(values(`Top1_Running${name}_Epoch/${training}`)).toEqual(
        epochs.flatMap((epoch) => epoch.map((_, i) => measure(create, epoch.slice(0, i + 1)))),
      );
      const rounds = [
        ...Map.groupBy(
          seen.filter(({ phase }) => phase === "eval"),
          ({ round }) => round,
        ).values(),
      ];
      expect(values(`Top1_${name}_Stream/${testing}`)).toEqual(rounds.map((round) => measure(create, round)));
      const ofExperience = (round: readonly SeenMinibatch[], wanted: (k: number) => boolean) =>
        measure(
          create,
          round.filter(({ experience }) => wanted(experience)),
        );
      expect(values(`Top1_${name}_Exp/${testing}/Exp002`)).toEqual(
        rounds.map((round) => ofExperience(round, (k) => k === 2)),
      );
      expect(values(`${name}_On_Trained_Experiences/${testing}`)).toEqual(
        rounds.map((round, trained) => ofExperience(round, (k) => k <= trained)),
      );
    });
  }

  test("report how the errors changed since experiences were learned", () => {
    const { all } = run({ experience: true });
    for (const name of ["RMSE", "R2"]) {
      const [initial = Number.NaN, last = Number.NaN] =
        all[`Top1_${name}_Exp/eval_phase/test_stream/Task000/Exp000`]?.values.map(Number) ?? [];
      expect(initial).not.toBe(last);
      const key = "eval_phase/test_stream";
      expect(all[`Experience${name}Forgetting/${key}/Task000/Exp000`]?.values).toEqual([initial - last]);
      expect(all[`Stream${name}Forgetting/${key}`]?.values).toEqual([0, initial - last]);
    }
  });

  test("take the class id as a number where there is one output", () => {
    const { all, seen } = run({ classes: 1, stream: true });
    const rounds = [
      ...Map.groupBy(
        seen.filter(({ phase }) => phase === "eval"),
        ({ round }) => round,
      ).values(),
    ];
    const key = "Top1_RMSE_Stream/eval_phase/test_stream/Task000";
    expect(all[key]?.values).toEqual(rounds.map((round) => measure(() => new RMSE(), round)));
  });

  test("take targets of one's own", () => {
    const { all } = run({ stream: true, readTargets: ({ mbOutput }) => mbOutput });
    expect(all["Top1_RMSE_Stream/eval_phase/test_stream/Task000"]?.values).toEqual([0, 0]);
    expect(all["Top1_R2_Stream/eval_phase/test_stream/Task000"]?.values).toEqual([1, 1]);
  });
});
