import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RandomStream } from "../../src/core/random_stream.ts";
import { summarizeAccuracyMatrix } from "../../src/evaluation/continual_measures.ts";
import { EvaluationPlugin } from "../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../src/evaluation/metrics/accuracy/accuracy.ts";
import {
  cumulativeAccuracyMetrics,
  cumulativeForgettingMetrics,
} from "../../src/evaluation/metrics/accuracy/cumulative_accuracy.ts";
import { bwtMetrics, forgettingMetrics } from "../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { forwardTransferMetrics } from "../../src/evaluation/metrics/transfer/forward_transfer.ts";
import { createBenchmark } from "../../src/streams/benchmark.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { joinExperiences } from "../../src/streams/joint_experience.ts";
import { findOriginNumber } from "../../src/streams/lineage.ts";
import { createLinearDecayStream } from "../../src/streams/linear_decay_stream.ts";
import { createOnlineStream } from "../../src/streams/online_experience.ts";
import { makeDataset } from "../support/made_dataset.ts";
import { FakeStrategy } from "./fake_strategy.ts";

const LENGTH = 6;
const both = { experience: true, stream: true };

/** Experiences of 6 samples, and the train stream of them cut in one of the ways that there are. */
function makeStreams(experiences: number, { way, size, taskLabels }: Cut) {
  const make = (name: string) =>
    Array.from({ length: experiences }, (_, id) => ({
      dataset: makeDataset(new Array(LENGTH).fill(id % 3), {
        name: `${name} ${id}`,
        ...(taskLabels ? { taskLabel: id } : {}),
      }),
    }));
  const parts = {
    name: "made",
    train: make("train"),
    test: make("test"),
    numClasses: 3,
    sampleShape: [1],
    isTaskIncremental: taskLabels,
    normalization: { scale: 1, mean: [], std: [] },
  };
  const { trainStream, testStream } = createBenchmark({ ...parts, ...(way === "cut" ? { experienceSize: size } : {}) });
  const random = new RandomStream(size, "pieces");
  switch (way) {
    case "whole":
    case "cut":
      return { trained: [...trainStream], tested: [...testStream] };
    case "online":
      return {
        trained: [...createOnlineStream(trainStream, { experienceSize: size, random })],
        tested: [...testStream],
      };
    case "linear decay":
      return {
        trained: [...createLinearDecayStream(trainStream, { experienceSize: size, beta: 2, random })],
        tested: [...testStream],
      };
  }
}

interface Cut {
  readonly way: "whole" | "cut" | "online" | "linear decay";
  readonly size: number;
  readonly taskLabels: boolean;
}

const cuts = fc.record({
  way: fc.constantFrom("whole" as const, "cut" as const, "online" as const, "linear decay" as const),
  size: fc.integer({ min: 1, max: LENGTH + 1 }),
  taskLabels: fc.boolean(),
});

const metricsOf = () => [
  ...forgettingMetrics(both),
  ...forgettingMetrics({ ...both, since: "running-maximum" }),
  ...bwtMetrics(both),
  ...forwardTransferMetrics(both),
  ...accuracyMetrics({ stream: true, trainedExperience: true }),
  ...cumulativeAccuracyMetrics(),
  ...cumulativeForgettingMetrics(),
];

/**
 * Trains in the order given, on all pieces of each experience, and evaluates before the first, after an experience's
 * last piece and after those others for which `isEvaluated` says so. `resumes` goes on in a new evaluator after each.
 */
function follow(
  order: readonly number[],
  { trained, tested }: ReturnType<typeof makeStreams>,
  { isEvaluated, resumes = false }: { isEvaluated: () => boolean; resumes?: boolean },
) {
  let evaluator = new EvaluationPlugin({ metrics: metricsOf() });
  let strategy = new FakeStrategy(evaluator);
  let measured: ReturnType<EvaluationPlugin["getEvalMetrics"]> = {};
  const accuracies: { row: number[]; trainedOn: number | null; isLast: boolean }[] = [];
  const evaluate = (trainedOn: number | null, isLast: boolean) => {
    const before = strategy.seen.length;
    strategy.eval(tested);
    measured = evaluator.getEvalMetrics();
    const seen = strategy.seen.slice(before);
    const row = tested.map(({ currentExperience }) => {
      const own = seen.filter(({ experience }) => experience === currentExperience);
      const hits = own.flatMap(({ logits, y }) => logits.map((line, i) => line.indexOf(Math.max(...line)) === y[i]));
      return hits.filter(Boolean).length / hits.length;
    });
    accuracies.push({ row, trainedOn, isLast });
  };
  evaluate(null, true);
  for (const number of order) {
    const pieces = trained.filter((experience) => findOriginNumber(experience) === number);
    for (const [place, piece] of pieces.entries()) {
      strategy.train([piece]);
      const isLast = place === pieces.length - 1;
      if (isLast || isEvaluated()) evaluate(number, isLast);
      if (!resumes) continue;
      const saved = JSON.parse(JSON.stringify(evaluator.save()));
      evaluator = new EvaluationPlugin({ metrics: metricsOf() });
      evaluator.restore(saved);
      const clock = strategy.clock;
      strategy = new FakeStrategy(evaluator, { seed: accuracies.length });
      Object.assign(strategy.clock, clock);
    }
  }
  return { measured, accuracies };
}

/** By the definitions, from the rows after whole experiences; slow and plain. */
function recompute(order: readonly number[], rows: readonly (readonly number[])[]) {
  const now = rows.at(-1) ?? [];
  const last = order.at(-1);
  const forgetting = new Map<number, number>();
  const maximum = new Map<number, number>();
  for (const k of new Set(order)) {
    if (k === last) continue;
    // Row 0 is from before any training.
    const learned = rows[order.lastIndexOf(k) + 1]?.[k] ?? Number.NaN;
    forgetting.set(k, learned - (now[k] ?? 0));
    maximum.set(k, Math.max(...rows.slice(1, -1).map((row) => row[k] ?? 0)) - (now[k] ?? 0));
  }
  const forward = new Map<number, number>();
  for (const k of now.keys()) {
    const first = order.indexOf(k);
    // Evaluations after the experience before it, as long as k itself was not trained.
    const rowsBefore = order.flatMap((other, i) => (other === k - 1 && (first < 0 || i < first) ? [i + 1] : []));
    const previous = rowsBefore.at(-1);
    if (previous !== undefined) forward.set(k, (rows[previous]?.[k] ?? 0) - (rows[0]?.[k] ?? 0));
  }
  return { forgetting, maximum, forward };
}

const mean = (values: Iterable<number>) => {
  const list = [...values];
  return list.length === 0 ? 0 : list.reduce((sum, value) => sum + value, 0) / list.length;
};

describe("metrics of a stream that is cut into pieces", () => {
  const runs = fc.record({
    experiences: fc.integer({ min: 1, max: 4 }),
    order: fc.array(fc.nat(3), { minLength: 1, maxLength: 6 }),
    cut: cuts,
    /** Evaluations between pieces, which say nothing of an experience as a whole. */
    between: fc.boolean(),
    resumes: fc.boolean(),
  });

  test("are those of the stream as it was dealt: in any order, again and again, and after a checkpoint", () => {
    fc.assert(
      fc.property(runs, ({ experiences, order: drawn, cut, between, resumes }) => {
        // An experience that is trained twice in a row in pieces is one, in whole it is two.
        const order = drawn.map((k) => k % experiences).filter((k, i, all) => k !== all[i - 1]);
        const streams = makeStreams(experiences, cut);
        const { measured, accuracies } = follow(order, streams, { isEvaluated: () => between, resumes });
        const rows = accuracies.filter(({ isLast }) => isLast).map(({ row }) => row);
        expect(rows.length).toBe(order.length + 1);
        const wanted = recompute(order, rows);
        for (const k of streams.tested.keys()) {
          const task = `Task00${cut.taskLabels ? k : 0}`;
          const key = `eval_phase/test_stream/${task}/Exp00${k}`;
          const expectValue = (name: string, value: number | undefined) => {
            if (value === undefined) expect(measured[`${name}/${key}`]).toBe(undefined);
            else expect(measured[`${name}/${key}`]).toBeCloseTo(value, 12);
          };
          const fall = wanted.forgetting.get(k);
          expectValue("ExperienceForgetting", fall);
          expectValue("ExperienceBWT", fall === undefined ? undefined : 0 - fall);
          expectValue("ExperienceMaxForgetting", wanted.maximum.get(k));
          expectValue("ExperienceForwardTransfer", wanted.forward.get(k));
        }
        const stream = "eval_phase/test_stream";
        expect(measured[`StreamForgetting/${stream}`]).toBeCloseTo(mean(wanted.forgetting.values()), 12);
        expect(measured[`StreamBWT/${stream}`]).toBeCloseTo(0 - mean(wanted.forgetting.values()), 12);
        expect(measured[`StreamMaxForgetting/${stream}`]).toBeCloseTo(mean(wanted.maximum.values()), 12);
        if (wanted.forward.size > 0) {
          expect(measured[`StreamForwardTransfer/${stream}`]).toBeCloseTo(mean(wanted.forward.values()), 12);
        }
        const trained = [...new Set(order)];
        const onTrained = Object.entries(measured).find(([name]) => name.startsWith("Accuracy_On_Trained"))?.[1];
        // Every test experience has as many samples.
        expect(onTrained).toBeCloseTo(mean(trained.map((k) => rows.at(-1)?.[k] ?? 0)), 12);
      }),
      { numRuns: 80 },
    );
  });

  test("agree with the accuracy matrix that has a row a piece", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), cuts, (experiences, cut) => {
        const streams = makeStreams(experiences, cut);
        const order = [...Array(experiences).keys()];
        const { measured, accuracies } = follow(order, streams, { isEvaluated: () => true });
        const rows = accuracies.slice(1);
        const trainedExperiences = streams.trained.map(findOriginNumber);
        expect(rows.map(({ trainedOn }) => trainedOn)).toEqual(trainedExperiences);
        const matrix = rows.map(({ row }) => row);
        const { averageForgetting, backwardTransfer } = summarizeAccuracyMatrix(matrix, { trainedExperiences });
        expect(measured["StreamForgetting/eval_phase/test_stream"]).toBeCloseTo(averageForgetting, 12);
        expect(measured["StreamBWT/eval_phase/test_stream"]).toBeCloseTo(backwardTransfer, 12);
      }),
      { numRuns: 40 },
    );
  });

  test("cumulative measures carry the numbers of the experiences, not those of pieces", () => {
    for (const way of ["whole", "cut", "online", "linear decay"] as const) {
      const streams = makeStreams(3, { way, size: 2, taskLabels: false });
      const { measured } = follow([0, 1, 2], streams, { isEvaluated: () => false });
      const keys = Object.keys(measured).filter((key) => key.startsWith("Cumulative"));
      expect(keys.sort()).toEqual([
        ...[0, 1, 2].map((k) => `CumulativeAccuracy/eval_phase/test_stream/Exp00${k}`),
        ...[0, 1].map((k) => `CumulativeForgetting/eval_phase/test_stream/Exp00${k}`),
      ]);
    }
  });
});

describe("metrics of pieces, beside the test stream", () => {
  test("tell pieces apart where pieces are evaluated", () => {
    const { trained } = makeStreams(2, { way: "online", size: 3, taskLabels: false });
    const evaluator = new EvaluationPlugin({ metrics: forgettingMetrics({ experience: true }) });
    const strategy = new FakeStrategy(evaluator);
    for (const piece of trained) {
      strategy.train([piece]);
      strategy.eval(trained);
    }
    expect(Object.keys(evaluator.getEvalMetrics())).toEqual(
      [0, 1, 2].map((k) => `ExperienceForgetting/eval_phase/train_online_stream/Task000/Exp00${k}`),
    );
  });

  test("are given for each of several streams that are evaluated in one call", () => {
    const { trained, tested } = makeStreams(2, { way: "cut", size: 3, taskLabels: false });
    const evaluator = new EvaluationPlugin({ metrics: [...forgettingMetrics(both), ...forwardTransferMetrics(both)] });
    const strategy = new FakeStrategy(evaluator);
    const evaluated: Experience[] = [...tested, ...trained];
    strategy.eval(evaluated);
    for (const piece of trained) {
      strategy.train([piece]);
      strategy.eval(evaluated);
    }
    const keys = Object.keys(evaluator.getEvalMetrics()).filter((key) => key.startsWith("Stream"));
    expect(keys.sort()).toEqual([
      "StreamForgetting/eval_phase/test_stream",
      "StreamForgetting/eval_phase/train_stream",
      "StreamForwardTransfer/eval_phase/test_stream",
      "StreamForwardTransfer/eval_phase/train_stream",
    ]);
  });

  test("count all experiences that were trained together as trained", () => {
    const { trained, tested } = makeStreams(3, { way: "cut", size: 2, taskLabels: false });
    const evaluator = new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true, trainedExperience: true }) });
    const strategy = new FakeStrategy(evaluator);
    strategy.train([joinExperiences(trained)]);
    strategy.eval(tested);
    const [onAll, onTrained] = Object.values(evaluator.getEvalMetrics());
    expect(onTrained).toBe(onAll as number);
  });
});
