import { describe, expect, test } from "bun:test";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { JSONEventsLogger } from "../../../src/evaluation/loggers/json_events_logger.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { FakeStrategy } from "../fake_strategy.ts";
import { createPlainStream } from "../fake_stream.ts";

describe("JSONEventsLogger", () => {
  test("tells every start and end with the metrics since the event before, in order", () => {
    const events: unknown[] = [];
    const logger = new JSONEventsLogger({ write: (text) => events.push(JSON.parse(text)) });
    const metrics = lossMetrics({ epoch: true, experience: true, stream: true });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [logger] }));
    const testExperiences = [createPlainStream("test", 1).at(0)];
    strategy.train([createPlainStream("train", 2).at(1)], { epochs: 2, batches: [1], evalEveryEpoch: testExperiences });

    const train = { stream: "train", experience: 1 };
    const tested = { stream: "test", experience: 0 };
    const losses = strategy.seen.map(({ loss }) => loss);
    const evaluation = (step: number, mean: unknown) => [
      { kind: "eval-start", step },
      {
        kind: "eval-experience-end",
        step,
        ...tested,
        metrics: { "Loss_Exp/eval_phase/test_stream/Task000/Exp000": mean },
      },
      { kind: "eval-end", step, metrics: { "Loss_Stream/eval_phase/test_stream/Task000": mean } },
    ];
    const epoch = (index: number, loss: number | undefined) => ({
      kind: "epoch-end",
      step: index + 1,
      ...train,
      epoch: index,
      metrics: { "Loss_Epoch/train_phase/train_stream/Task000": loss },
    });
    expect(events).toEqual([
      { kind: "train-start", step: 0 },
      { kind: "experience-start", step: 0, ...train },
      epoch(0, losses[0]),
      ...evaluation(1, expect.any(Number)),
      epoch(1, losses[3]),
      ...evaluation(2, expect.any(Number)),
      { kind: "experience-end", step: 2, ...train, metrics: {} },
      { kind: "train-end", step: 2, metrics: {} },
    ]);
  });

  test("names experiences that have a name", () => {
    const events: { kind: string; experienceName?: string }[] = [];
    const logger = new JSONEventsLogger({ write: (text) => events.push(JSON.parse(text)) });
    const strategy = new FakeStrategy(
      new EvaluationPlugin({ metrics: lossMetrics({ epoch: true }), loggers: [logger] }),
    );
    strategy.train([{ ...createPlainStream("train", 1).at(0), name: "march" }], { batches: [1] });
    strategy.eval([{ ...createPlainStream("test", 1).at(0), name: "april" }]);
    expect(events.map(({ kind, experienceName }) => [kind, experienceName])).toEqual([
      ["train-start", undefined],
      ["experience-start", "march"],
      ["epoch-end", "march"],
      ["experience-end", "march"],
      ["train-end", undefined],
      ["eval-start", undefined],
      ["eval-experience-end", "april"],
      ["eval-end", undefined],
    ]);
  });

  test("tells metrics of a minibatch before the evaluation that interrupts its epoch, not among what that measured", () => {
    const events: { kind: string; metrics?: Record<string, number> }[] = [];
    const logger = new JSONEventsLogger({ write: (text) => events.push(JSON.parse(text)) });
    const metrics = lossMetrics({ minibatch: true, experience: true });
    const strategy = new FakeStrategy(new EvaluationPlugin({ metrics, loggers: [logger] }));
    const tested = [createPlainStream("test", 1).at(0)];
    strategy.train([createPlainStream("train", 1).at(0)], { batches: [1, 1], evalEveryIteration: tested });
    const keys = events.map(({ kind, metrics: told = {} }) => [kind, ...Object.keys(told)]);
    const evaluation = [
      ["eval-start", "Loss_MB/train_phase/train_stream/Task000"],
      ["eval-experience-end", "Loss_Exp/eval_phase/test_stream/Task000/Exp000"],
      ["eval-end"],
    ];
    expect(keys.slice(2, -3)).toEqual([...evaluation, ...evaluation]);
  });
});
