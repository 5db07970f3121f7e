import { expect } from "bun:test";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/runs/checkpoints/checkpoint_codec.ts";
import { parseRunCheckpoint } from "../../../src/runs/checkpoints/run_checkpoint.ts";
import { collectSources } from "../../../src/streams/benchmark.ts";
import type { Benchmark, Stream } from "../../../src/streams/experience.ts";
import type { TrainingCheckpoint, TrainingResume } from "../../../src/training/checkpoints/checkpointing.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";

/** How the undisturbed run ended. */
interface Ending {
  readonly parameters: Float32Array;
  readonly draws: Readonly<Record<string, readonly number[]>>;
  readonly metrics: unknown;
}

/** Trains the parts from `first` on, one `train` call each, then evaluates. */
async function trainToEnd(
  strategy: BaseStrategy,
  testStream: Stream,
  options: { readonly parts: readonly Experiences[]; readonly first: number; readonly resume?: TrainingResume },
): Promise<Ending> {
  const evalStreams = [testStream];
  for (const [i, part] of options.parts.entries()) {
    if (i < options.first) continue;
    const resume = i === options.first && options.resume ? { resume: options.resume } : {};
    await strategy.train(part, { evalStreams, ...resume });
  }
  const metrics = await measure(strategy, testStream);
  return { parameters: strategy.parameters.slice(), draws: strategy.randomStreams.save(), metrics };
}

/** What `train` takes. */
type Experiences = Parameters<BaseStrategy["train"]>[0];

/**
 * Checks that a run which is cut off in the middle of an experience, after each of `iterations` (counted over the whole
 * run), goes on in a new strategy to the same parameters, draws and metrics, bit for bit. Each experience gets a
 * `train` call of its own, unless there is to be one for all of them.
 */
export async function expectResumable(
  create: () => BaseStrategy,
  benchmark: Benchmark,
  { iterations, trainsOnce = false }: { readonly iterations: readonly number[]; readonly trainsOnce?: boolean },
): Promise<void> {
  const taken: { first: number; checkpoint: TrainingCheckpoint }[] = [];
  const watched = create();
  const { trainStream, testStream } = benchmark;
  const parts: Experiences[] = trainsOnce ? [trainStream] : [...trainStream];
  let first = 0;
  const checkpointer = {
    wantsInside: () => true,
    isDue: () => iterations.includes(watched.clock.trainIterations),
    save: (checkpoint: TrainingCheckpoint) => void taken.push({ first, checkpoint: passThroughFile(checkpoint) }),
  };
  const undisturbed = await finish(watched, async () => {
    for (const [i, part] of parts.entries()) {
      first = i;
      await watched.train(part, { evalStreams: [testStream], checkpointer });
    }
    const metrics = await measure(watched, testStream);
    return { parameters: watched.parameters.slice(), draws: watched.randomStreams.save(), metrics };
  });
  expect(taken.length).toBeGreaterThan(0);
  const sources = collectSources(benchmark);
  for (const { first, checkpoint } of taken) {
    const strategy = create();
    const resume = { ...checkpoint, sources };
    const resumed = await finish(strategy, () => trainToEnd(strategy, testStream, { parts, first, resume }));
    expect(resumed).toEqual(undisturbed);
  }
}

/** What the end's evaluation measures, what the last call of `train` did, and the newest value of every key. */
async function measure(strategy: BaseStrategy, testStream: Stream): Promise<unknown> {
  const trained = strategy.evaluator.getTrainMetrics();
  const evaluated = await strategy.eval(testStream);
  return { trained, evaluated, last: strategy.evaluator.getLastMetrics() };
}

async function finish<Result>(strategy: BaseStrategy, use: () => Promise<Result>): Promise<Result> {
  try {
    return await use();
  } finally {
    await strategy.close();
    strategy.model.dispose();
  }
}

/** What a checkpoint file gives back of it. */
function passThroughFile(checkpoint: TrainingCheckpoint): TrainingCheckpoint {
  const place = { kind: "inside", ...checkpoint };
  const bytes = encodeCheckpoint({ config: {}, experiences: [], parametersHash: null, metricsBytes: 0, place });
  const parsed = parseRunCheckpoint(decodeCheckpoint(bytes));
  if (parsed.place.kind !== "inside") throw new Error("the checkpoint came back as another one");
  return parsed.place;
}
