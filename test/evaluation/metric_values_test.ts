import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { summarizeAccuracyMatrix } from "../../src/evaluation/continual_measures.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import { accuracyMatrixMetrics } from "../../src/evaluation/metrics/accuracy/accuracy_matrix.ts";
import { lossMetrics } from "../../src/evaluation/metrics/loss/loss.ts";
import { bwtMetrics, forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { FakeStrategy, type SeenMinibatch } from "./fake_strategy.ts";
import { createPlainStream } from "./fake_stream.ts";
import { computeSlowAccuracy, computeSlowLoss } from "./slow_measures.ts";

const occasions = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };
const both = { experience: true, stream: true };

const runs = fc.record({
  seed: fc.nat(1000),
  classes: fc.integer({ min: 1, max: 4 }),
  experiences: fc.integer({ min: 1, max: 4 }),
  epochs: fc.integer({ min: 1, max: 3 }),
  batches: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }),
  /** Periodic evaluation in the middle of training, which must not disturb training metrics. */
  periodic: fc.constantFrom("never" as const, "epoch" as const, "iteration" as const),
});

type Run = typeof runs extends fc.Arbitrary<infer Value> ? Value : never;

/** Trains each experience and evaluates the whole test stream after it, with every metric there is. */
function runAll({ seed, classes, experiences, epochs, batches, periodic }: Run) {
  const evaluator = new EvaluationPlugin({
    metrics: [
      ...accuracyMetrics({ ...occasions, trainedExperience: true }),
      ...lossMetrics(occasions),
      ...forgettingMetrics(both),
      ...bwtMetrics(both),
      ...accuracyMatrixMetrics(),
    ],
  });
  const strategy = new FakeStrategy(evaluator, { seed, classes });
  const testExperiences = [...createPlainStream("test", experiences)];
  for (const experience of createPlainStream("train", experiences)) {
    strategy.train([experience], {
      epochs,
      batches,
      ...(periodic === "epoch" ? { evalEveryEpoch: testExperiences } : {}),
      ...(periodic === "iteration" ? { evalEveryIteration: testExperiences } : {}),
    });
    strategy.eval(testExperiences);
  }
  return { evaluator, seen: strategy.seen };
}

/** Splits minibatches into runs of equal `key`. */
function groupBy(minibatches: readonly SeenMinibatch[], key: (minibatch: SeenMinibatch) => unknown): SeenMinibatch[][] {
  return [...Map.groupBy(minibatches, key).values()];
}

function expectClose(actual: readonly unknown[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] ?? Number.NaN, 10);
  });
}

describe("metrics that follow a strategy, against a slow recomputation", () => {
  test("training metrics are those of their span, periodic evaluation or not", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { evaluator, seen } = runAll(run);
        const all = evaluator.getAllMetrics();
        const valuesOf = (name: string) => all[`${name}/train_phase/train_stream/Task000`]?.values ?? [];
        const trained = seen.filter(({ phase }) => phase === "train");
        const epochs = groupBy(trained, ({ round }) => round);
        const soFar = epochs.flatMap((epoch) => epoch.map((_, i) => epoch.slice(0, i + 1)));

        expectClose(
          valuesOf("Top1_Acc_MB"),
          trained.map((minibatch) => computeSlowAccuracy([minibatch])),
        );
        expectClose(
          valuesOf("Loss_MB"),
          trained.map(({ loss }) => loss),
        );
        expectClose(valuesOf("Top1_Acc_Epoch"), epochs.map(computeSlowAccuracy));
        expectClose(valuesOf("Loss_Epoch"), epochs.map(computeSlowLoss));
        expectClose(valuesOf("Top1_RunningAcc_Epoch"), soFar.map(computeSlowAccuracy));
        expectClose(valuesOf("RunningLoss_Epoch"), soFar.map(computeSlowLoss));
        const steps = all["Loss_MB/train_phase/train_stream/Task000"]?.steps ?? [];
        expect([...steps]).toEqual(trained.map((_, i) => i));
      }),
      { numRuns: 40 },
    );
  });

  test("evaluation metrics are those of one call of eval", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { evaluator, seen } = runAll(run);
        const all = evaluator.getAllMetrics();
        const evaluated = seen.filter(({ phase }) => phase === "eval");
        const rounds = groupBy(evaluated, ({ round }) => round);
        for (const [name, compute] of [
          ["Acc", computeSlowAccuracy],
          ["Loss", computeSlowLoss],
        ] as const) {
          const prefix = name === "Acc" ? "Top1_Acc" : "Loss";
          const streamValues = all[`${prefix}_Stream/eval_phase/test_stream/Task000`]?.values ?? [];
          expectClose(streamValues, rounds.map(compute));
          for (let k = 0; k < run.experiences; k++) {
            const values = all[`${prefix}_Exp/eval_phase/test_stream/Task000/Exp00${k}`]?.values ?? [];
            expectClose(
              values,
              rounds.map((round) => compute(round.filter(({ experience }) => experience === k))),
            );
          }
        }
      }),
      { numRuns: 40 },
    );
  });

  test("the accuracy matrix, forgetting and backward transfer agree with evaluations after each experience", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { evaluator, seen } = runAll(run);
        const last = evaluator.getLastMetrics();
        const rounds = groupBy(
          seen.filter(({ phase }) => phase === "eval"),
          ({ round }) => round,
        );
        const roundsAnExperience = rounds.length / run.experiences;
        const matrix = Array.from({ length: run.experiences }, (_, trained) => {
          const round = rounds[(trained + 1) * roundsAnExperience - 1] ?? [];
          return Array.from({ length: run.experiences }, (_, tested) =>
            computeSlowAccuracy(round.filter(({ experience }) => experience === tested)),
          );
        });
        expect(last["EvalStream/Acc_Matrix"]).toEqual(matrix);
        const { averageForgetting, backwardTransfer } = summarizeAccuracyMatrix(matrix);
        expect(last["StreamForgetting/eval_phase/test_stream"]).toBeCloseTo(averageForgetting, 10);
        expect(last["StreamBWT/eval_phase/test_stream"]).toBeCloseTo(backwardTransfer, 10);
        for (let k = 0; k < run.experiences; k++) {
          const label = `eval_phase/test_stream/Task000/Exp00${k}`;
          const isLast = k === run.experiences - 1;
          const fall = (matrix[k]?.[k] ?? 0) - (matrix[run.experiences - 1]?.[k] ?? 0);
          expect(last[`ExperienceForgetting/${label}`]).toBe(isLast ? undefined : fall);
          expect(last[`ExperienceBWT/${label}`]).toBe(isLast ? undefined : 0 - fall);
        }
      }),
      { numRuns: 40 },
    );
  });

  test("the accuracy on trained experiences leaves out what was not trained yet", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { evaluator, seen } = runAll({ ...run, periodic: "never" });
        const key = "Accuracy_On_Trained_Experiences/eval_phase/test_stream/Task000";
        const rounds = groupBy(
          seen.filter(({ phase }) => phase === "eval"),
          ({ round }) => round,
        );
        expectClose(
          evaluator.getAllMetrics()[key]?.values ?? [],
          rounds.map((round, trained) => computeSlowAccuracy(round.filter(({ experience }) => experience <= trained))),
        );
      }),
      { numRuns: 20 },
    );
  });
});

describe("metrics that follow a strategy, before and beside training", () => {
  test("nothing is learned yet: no forgetting by experience, 0 for the stream, no matrix, no trained accuracy", () => {
    const evaluator = new EvaluationPlugin({
      metrics: [
        ...forgettingMetrics(both),
        ...bwtMetrics(both),
        ...accuracyMatrixMetrics(),
        ...accuracyMetrics({ trainedExperience: true }),
      ],
    });
    new FakeStrategy(evaluator).eval([...createPlainStream("test", 2)]);
    expect(evaluator.getLastMetrics()).toEqual({
      "StreamForgetting/eval_phase/test_stream": 0,
      "StreamBWT/eval_phase/test_stream": 0,
    });
  });

  test("an evaluation on training data leaves the test stream's forgetting and matrix as they are", () => {
    const run = (withTrainingData: boolean) => {
      const evaluator = new EvaluationPlugin({ metrics: [...forgettingMetrics(both), ...accuracyMatrixMetrics()] });
      const strategy = new FakeStrategy(evaluator);
      const [first, second] = createPlainStream("train", 2);
      const testExperiences = [...createPlainStream("test", 2)];
      if (!first || !second) throw new Error("two experiences were made");
      strategy.train([first]);
      strategy.eval(testExperiences);
      strategy.train([second]);
      const drawn = new FakeStrategy(evaluator, { seed: 5 });
      if (withTrainingData) new FakeStrategy(evaluator, { seed: 9 }).eval([first, second]);
      drawn.eval(testExperiences);
      return evaluator.getLastMetrics();
    };
    const plain = run(false);
    const disturbed = run(true);
    expect(Object.keys(plain).length).toBe(3);
    for (const [key, value] of Object.entries(plain)) expect(disturbed[key]).toEqual(value);
    expect(disturbed["StreamForgetting/eval_phase/train_stream"]).toBe(0);
  });

  test("accuracyMatrixMetrics() follows another stream, when it is named", () => {
    const evaluator = new EvaluationPlugin({ metrics: accuracyMatrixMetrics({ streamName: "valid" }) });
    const strategy = new FakeStrategy(evaluator);
    strategy.train([...createPlainStream("train", 2)]);
    strategy.eval([...createPlainStream("test", 2)]);
    expect(evaluator.getLastMetrics()).toEqual({});
    strategy.eval([createPlainStream("valid", 2).at(1)]);
    const value = evaluator.getLastMetrics()["EvalStream/Acc_Matrix"];
    expect(value).toEqual([
      [Number.NaN, Number.NaN],
      [Number.NaN, computeSlowAccuracy(strategy.seen.slice(-2))],
    ]);
  });
});
