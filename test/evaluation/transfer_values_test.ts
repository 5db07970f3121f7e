import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "../../src/evaluation/metrics/accuracy/cumulative_accuracy.ts";
import { forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { forwardTransferMetrics } from "../../src/evaluation/metrics/transfer/forward_transfer.ts";
import { FakeStrategy, type SeenMinibatch } from "./fake_strategy.ts";
import { createFakeStream, createPlainStream } from "./fake_stream.ts";
import { computeSlowAccuracy } from "./slow_measures.ts";

const both = { experience: true, stream: true };
const runs = fc.record({ seed: fc.nat(1000), experiences: fc.integer({ min: 1, max: 4 }), midTraining: fc.boolean() });

/** Evaluates the whole test stream before training and after each experience, and in the middle if asked for. */
function runAll({ seed, experiences, midTraining }: { seed: number; experiences: number; midTraining: boolean }) {
  const taskLabels = new Array<number[]>(experiences).fill([0]);
  const classes = taskLabels.map((_, i) => [i % 3]);
  const evaluator = new EvaluationPlugin({
    metrics: [
      ...forgettingMetrics({ ...both, since: "running-maximum" }),
      ...forwardTransferMetrics(both),
      ...cumulativeAccuracyMetrics(),
      ...cumulativeForgettingMetrics(),
    ],
  });
  const strategy = new FakeStrategy(evaluator, { seed });
  const tested = [...createFakeStream("test", taskLabels, classes)];
  // The evaluations that count: the last one before the next experience begins.
  const rounds: SeenMinibatch[][] = [];
  const evaluate = () => {
    const before = strategy.seen.length;
    strategy.eval(tested);
    rounds.push(strategy.seen.slice(before));
  };
  evaluate();
  for (const experience of createFakeStream("train", taskLabels, classes)) {
    strategy.train([experience], midTraining ? { evalEveryEpoch: tested, epochs: 2 } : {});
    evaluate();
  }
  const matrix = rounds.map((round) =>
    tested.map(({ currentExperience }) =>
      computeSlowAccuracy(round.filter(({ experience }) => experience === currentExperience)),
    ),
  );
  return { last: evaluator.getLastMetrics(), all: evaluator.getAllMetrics(), matrix, rounds };
}

describe("forgettingMetrics() since the running maximum", () => {
  test("is the best after any earlier experience minus now, whatever was evaluated in the middle of training", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { last, matrix } = runAll(run);
        const trainedRows = matrix.slice(1);
        const falls = Array.from({ length: run.experiences - 1 }, (_, k) => {
          const best = Math.max(...trainedRows.slice(0, -1).map((row) => row[k] ?? 0));
          return best - (trainedRows.at(-1)?.[k] ?? 0);
        });
        falls.forEach((fall, k) => {
          expect(last[`ExperienceMaxForgetting/eval_phase/test_stream/Task000/Exp00${k}`]).toBeCloseTo(fall, 12);
        });
        const mean = falls.length === 0 ? 0 : falls.reduce((sum, fall) => sum + fall, 0) / falls.length;
        expect(last["StreamMaxForgetting/eval_phase/test_stream"]).toBeCloseTo(mean, 12);
      }),
      { numRuns: 40 },
    );
  });
});

describe("forwardTransferMetrics()", () => {
  test("is the accuracy after the experience before minus that before any training", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { last, matrix } = runAll(run);
        const transfers = Array.from(
          { length: run.experiences - 1 },
          (_, i) => (matrix[i + 1]?.[i + 1] ?? 0) - (matrix[0]?.[i + 1] ?? 0),
        );
        transfers.forEach((transfer, i) => {
          expect(last[`ExperienceForwardTransfer/eval_phase/test_stream/Task000/Exp00${i + 1}`]).toBe(transfer);
        });
        expect(last["ExperienceForwardTransfer/eval_phase/test_stream/Task000/Exp000"]).toBe(undefined);
        const mean = transfers.reduce((sum, transfer) => sum + transfer, 0) / transfers.length;
        if (transfers.length === 0) expect(last["StreamForwardTransfer/eval_phase/test_stream"]).toBe(undefined);
        else expect(last["StreamForwardTransfer/eval_phase/test_stream"]).toBeCloseTo(mean, 12);
      }),
      { numRuns: 40 },
    );
  });

  test("reports nothing, when nothing was evaluated before training", () => {
    const evaluator = new EvaluationPlugin({ metrics: forwardTransferMetrics(both) });
    const strategy = new FakeStrategy(evaluator);
    for (const experience of createPlainStream("train", 2)) {
      strategy.train([experience]);
      strategy.eval([...createPlainStream("test", 2)]);
    }
    expect(evaluator.getLastMetrics()).toEqual({});
  });
});

describe("cumulativeAccuracyMetrics() and cumulativeForgettingMetrics()", () => {
  test("keep streams apart", () => {
    const measure = (names: readonly ("test" | "valid")[]) => {
      const metrics = [...cumulativeAccuracyMetrics(), ...cumulativeForgettingMetrics()];
      const evaluator = new EvaluationPlugin({ metrics });
      const strategy = new FakeStrategy(evaluator);
      const classes = [[0], [1], [2]];
      const tasks = [[0], [0], [0]];
      for (const [k, experience] of [...createFakeStream("train", tasks, classes)].entries()) {
        strategy.train([experience]);
        for (const name of names) {
          // The same minibatches of a stream, whatever else is evaluated.
          const drawn = new FakeStrategy(evaluator, { seed: 10 * k + (name === "test" ? 1 : 2) });
          drawn.eval([...createFakeStream(name, tasks, classes)]);
        }
      }
      return evaluator.getLastMetrics();
    };
    const [both, onlyTest, onlyValid] = [measure(["valid", "test"]), measure(["test"]), measure(["valid"])];
    expect(Object.keys(both).length).toBe(10);
    expect(both).toEqual({ ...onlyTest, ...onlyValid });
  });

  test("restrict samples and predictions to the classes seen, and subtract from the value when just learned", () => {
    fc.assert(
      fc.property(runs, (run) => {
        const { last, rounds } = runAll(run);
        const cumulate = (round: readonly SeenMinibatch[], upTo: number) => {
          const seen = [0, 1, 2].filter((label) => label <= upTo);
          const hits = round.flatMap(({ logits, y }) =>
            logits.flatMap((row, i) => {
              const label = y[i] ?? 0;
              if (!seen.includes(label)) return [];
              const scores = seen.map((column) => row[column] ?? 0);
              return [seen[scores.indexOf(Math.max(...scores))] === label ? 1 : 0];
            }),
          );
          return hits.length === 0 ? 0 : hits.reduce((sum: number, hit) => sum + hit, 0) / hits.length;
        };
        for (let k = 0; k < run.experiences; k++) {
          const now = cumulate(rounds.at(-1) ?? [], k);
          const learned = cumulate(rounds[k + 1] ?? [], k);
          expect(last[`CumulativeAccuracy/eval_phase/test_stream/Exp00${k}`]).toBeCloseTo(now, 12);
          const forgetting = last[`CumulativeForgetting/eval_phase/test_stream/Exp00${k}`];
          if (k === run.experiences - 1) expect(forgetting).toBe(undefined);
          else expect(forgetting).toBeCloseTo(learned - now, 12);
        }
      }),
      { numRuns: 40 },
    );
  });
});
