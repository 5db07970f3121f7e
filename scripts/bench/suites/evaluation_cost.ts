/**
 * A program of its own, `bun scripts/bench/suites/evaluation_cost.ts [ROUNDS] [WORKERS]`: what metrics and loggers
 * cost a default run. Runs with those of the command line and without any take turns, measured in processor time, which
 * other work on the machine disturbs least; and the time inside the evaluator's callbacks is added up.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { elementAt, valueAt } from "../../../src/core/element_at.ts";
import { type EvaluationEvent, evaluationEvents } from "../../../src/evaluation/evaluation_event.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { CSVLogger } from "../../../src/evaluation/loggers/csv_logger.ts";
import { InteractiveLogger } from "../../../src/evaluation/loggers/interactive_logger.ts";
import type { Logger } from "../../../src/evaluation/loggers/logger.ts";
import { TensorBoardLogger } from "../../../src/evaluation/loggers/tensorboard_logger.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { LineFile } from "../../../src/runs/line_file.ts";
import { createRunEvaluator } from "../../../src/runs/run_evaluator.ts";
import { splitMNIST } from "../../../src/streams/benchmarks/split_mnist.ts";
import { interleave } from "../interleave.ts";
import { median } from "../statistics.ts";

const rounds = Number(process.argv[2] ?? 5);
const workers = Number(process.argv[3] ?? availableParallelism());
const benchmark = await splitMNIST({ experiences: 5 });
const folder = await mkdtemp(join(tmpdir(), "firn-evaluation-cost-"));
const shares = new Map<string, number[]>();
const contestants = [
  { name: "without", measure: () => measure("without", () => new EvaluationPlugin({ metrics: [] })) },
  { name: "default", measure: () => measure("default", () => createEvaluator([])) },
  { name: "with files", measure: () => measure("with files", () => createEvaluator(createFileLoggers())) },
];
const { signal } = new AbortController();
const figures = await interleave(contestants, { repetitions: rounds, warmups: 1, signal });
const bare = elementAt(figures, 0);
for (const [i, { name }] of contestants.entries()) {
  const seconds = elementAt(figures, i);
  const ratios = seconds.map((value, round) => value / elementAt(bare, round) - 1);
  const inside = median(valueAt(shares, name).slice(1));
  console.log(
    `${name.padEnd(10)}  ${median(seconds).toFixed(2)} s of processor time (median of ${rounds}, ${workers} workers); ` +
      `${formatShare(median(ratios))} more than without in its round; ${formatShare(inside)} of the time inside the evaluator`,
  );
}
await rm(folder, { recursive: true });

/** A default run's metrics, metrics.jsonl and an interactive logger that draws its bars. */
function createEvaluator(loggers: readonly Logger[]): EvaluationPlugin {
  const lines = new LineFile(join(folder, "metrics.jsonl"));
  const stream = { write: () => true, columns: 100 };
  return createRunEvaluator({
    writeLines: (text) => lines.append(text),
    loggers: [new InteractiveLogger({ stream, isTerminal: true }), ...loggers],
  });
}

function createFileLoggers(): Logger[] {
  return [new CSVLogger({ folder }), new TensorBoardLogger({ folder })];
}

/**
 * Trains and evaluates once; returns the seconds of processor time, and notes the share of the time inside the
 * evaluator.
 */
async function measure(name: string, create: () => EvaluationPlugin): Promise<number> {
  const evaluator = create();
  let insideMs = 0;
  for (const event of evaluationEvents) {
    const inner = evaluator[event];
    const timed: EvaluationPlugin[EvaluationEvent] = (strategy) => {
      const began = performance.now();
      inner.call(evaluator, strategy);
      insideMs += performance.now() - began;
    };
    Object.assign(evaluator, { [event]: timed });
  }
  await using strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    trainMbSize: 128,
    evalMbSize: 512,
    evaluator,
    cluster: { workers },
  });
  const cpuBefore = process.cpuUsage();
  const began = performance.now();
  for (const experience of benchmark.trainStream) {
    await strategy.train(experience);
    await strategy.eval(benchmark.testStream);
  }
  const elapsedMs = performance.now() - began;
  shares.set(name, [...(shares.get(name) ?? []), insideMs / elapsedMs]);
  const { user, system } = process.cpuUsage(cpuBefore);
  return (user + system) / 1e6;
}

function formatShare(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
