import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { Ranks } from "../../../src/cluster/ranks/ranks.ts";
import { DOUBLE_DEVICE } from "../../../src/engine/device/double_driver.ts";
import type { EngineChoice } from "../../../src/engine/engine_kind.ts";
import { EvaluationPlugin } from "../../../src/evaluation/evaluation_plugin.ts";
import { accuracyMetrics } from "../../../src/evaluation/metrics/accuracy/accuracy.ts";
import { lossMetrics } from "../../../src/evaluation/metrics/loss/loss.ts";
import { forgettingMetrics } from "../../../src/evaluation/metrics/transfer/forgetting_metrics.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import type { BaseStrategy } from "../../../src/training/loop/base_strategy.ts";
import type { StrategyOptions } from "../../../src/training/loop/strategy_options.ts";
import { createLocalRanks } from "../../cluster/ranks/local_ranks.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";
import { expectResumable } from "./resume_law.ts";

/** A strategy, or a strategy with a plugin, as the contract makes it: with exactly these options. */
export type CreateStrategy = (options: StrategyOptions) => BaseStrategy;

/** What differs between members. */
export interface StrategyContractOptions {
  /** Random streams of its own. */
  readonly randomStreams?: readonly string[];
  /** True where a second `train` call is refused, so that experiences cannot be trained one by one. */
  readonly trainsOnce?: boolean;
  /** True for a plugin whose strategy, which is no more than that plugin, is under the whole contract. */
  readonly isTwin?: boolean;
  /** True where a run on one worker is compared, too: for a few, as it differs from two in its shards alone. */
  readonly hasOneWorker?: boolean;
  /** True where another contract compares 0 and 2 workers, with a head that grows. */
  readonly growsOnWorkers?: boolean;
  /** True gives each experience a task label of its own. */
  readonly taskLabels?: boolean;
  /** Makes what is trained in place of a small MLP, with as many hidden units. */
  readonly createModel?: (hiddenSize: number) => tf.LayersModel;
}

/** How one run of the contract differs from the others. */
interface ContractRun extends Pick<StrategyContractOptions, "createModel"> {
  readonly workers?: number;
  readonly ranks?: Ranks;
  readonly engine?: EngineChoice;
  readonly device?: string;
  readonly hiddenSize?: number;
  readonly evaluator?: EvaluationPlugin;
  /** True: one `train` call an experience. */
  readonly oneByOne?: boolean;
}

function createEvaluator(): EvaluationPlugin {
  return new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) });
}

function createCuriousEvaluator(): EvaluationPlugin {
  const all = { minibatch: true, epoch: true, epochRunning: true, experience: true, stream: true };
  return new EvaluationPlugin({
    metrics: [...accuracyMetrics(all), ...lossMetrics(all), ...forgettingMetrics({ experience: true, stream: true })],
  });
}

/** Dropout, Adam and two shards, so that masks, moments and reductions matter, too. */
function createOptions({ workers = 0, engine = "auto", hiddenSize = 8, ...others }: ContractRun): StrategyOptions {
  const { evaluator, createModel, ranks = Ranks.single(), device = "cpu" } = others;
  return {
    model: createModel?.(hiddenSize) ?? mlp({ ...SMALL_MLP, hiddenSize, dropout: 0.2 }),
    optimizer: new Adam({ learningRate: 0.01 }),
    trainMbSize: 32,
    trainEpochs: 2,
    evaluator: evaluator ?? createEvaluator(),
    cluster: { workers, engine, logicalShards: 2, ranks, devices: [device] },
    seed: 7,
  };
}

/**
 * The laws that every strategy and every plugin obeys, as tests.
 * @param create Makes the strategy; the suite closes it.
 */
export function describeStrategyContract(
  name: string,
  create: CreateStrategy,
  {
    randomStreams = [],
    trainsOnce = false,
    isTwin = false,
    hasOneWorker = false,
    growsOnWorkers = false,
    taskLabels = false,
    ...model
  }: StrategyContractOptions = {},
): void {
  // Three experiences, of 2, 1 and 1 classes.
  const benchmark = makeBenchmark({ experiences: 3, samples: 160, taskLabels });
  const { trainStream, testStream } = benchmark;

  /** Trains on the whole stream, evaluates, and gives what can be compared. */
  async function run(create: CreateStrategy, settings: ContractRun = {}) {
    const options = createOptions({ ...model, ...settings });
    const strategy = create(options);
    return withStrategy(strategy, async () => {
      const evalStreams = [testStream];
      for (const part of settings.oneByOne ? trainStream : [trainStream]) await strategy.train(part, { evalStreams });
      await strategy.eval(testStream);
      const { parameters, randomStreams, cluster } = strategy;
      return { parameters: parameters.slice(), randomStreams: randomStreams.save(), engine: cluster.engine };
    }).finally(() => {
      strategy.model.dispose();
      // Heads that grew have made another model.
      if (strategy.heads.length > 0 && options.model !== strategy.model) options.model.dispose();
    });
  }

  async function countLeft() {
    const before = tf.memory().numTensors;
    const done = await run(create);
    return { ...done, tensorsLeft: tf.memory().numTensors - before };
  }

  // Most laws compare with the same run: it is made once.
  let plainRun: ReturnType<typeof countLeft> | undefined;
  const runPlainly = () => {
    plainRun ??= countLeft();
    return plainRun;
  };

  describe(`${name}, by the contract of strategies`, () => {
    test.if(hasOneWorker)("train() gives bit-identical parameters on 1 worker", async () => {
      const [wanted, one] = [await runPlainly(), await run(create, { workers: 1 })];
      expect(one.parameters).toEqual(wanted.parameters);
    });

    test.if(!isTwin && !growsOnWorkers)("train() gives bit-identical parameters on 0 and 2 workers", async () => {
      // Large enough that both workers own a slice of the vectors.
      const hiddenSize = 1600;
      const [wanted, two] = [await run(create, { hiddenSize }), await run(create, { hiddenSize, workers: 2 })];
      expect(measureDifference(two.parameters, wanted.parameters)).toBe(0);
    });

    test.if(!isTwin)("train() gives every one of 2 ranks the parameters and draws of one", async () => {
      const wanted = await runPlainly();
      const ranks = createLocalRanks(2).map((exchange) => new Ranks(exchange));
      for (const { parameters, randomStreams } of await Promise.all(ranks.map((own) => run(create, { ranks: own })))) {
        expect(parameters).toEqual(wanted.parameters);
        expect(randomStreams).toEqual(wanted.randomStreams);
      }
    });

    test.if(!isTwin)("train() gives the same parameters and draws with vectors that stay on a device", async () => {
      const [host, device] = [await runPlainly(), await run(create, { device: DOUBLE_DEVICE })];
      expect(device.parameters).toEqual(host.parameters);
      expect(device.randomStreams).toEqual(host.randomStreams);
    });

    test("train() gives the same parameters and draws, whatever is measured", async () => {
      const plain = await runPlainly();
      const measured = await run(create, { evaluator: createCuriousEvaluator() });
      expect(measured.parameters).toEqual(plain.parameters);
      expect(measured.randomStreams).toEqual(plain.randomStreams);
      const allowed = ["shuffle", "buffer", ...randomStreams];
      expect(Object.keys(plain.randomStreams).filter((stream) => !allowed.includes(stream))).toEqual([]);
    });

    test.if(!trainsOnce)("train() of a stream is train() of its experiences, one by one", async () => {
      const [whole, oneByOne] = [await runPlainly(), await run(create, { oneByOne: true })];
      expect(oneByOne.parameters).toEqual(whole.parameters);
      expect(oneByOne.randomStreams).toEqual(whole.randomStreams);
    });

    test.if(!isTwin)("train() gives nearly the same parameters with the engine tfjs", async () => {
      const { parameters, engine } = await runPlainly();
      expect(engine).toMatch(/^onnxruntime/);
      const reference = await run(create, { engine: "tfjs" });
      expect(reference.engine).toMatch(/^tfjs/);
      expect(measureDifference(parameters, reference.parameters)).toBeLessThan(1e-4);
    });

    test("goes on identically, when it was saved in the middle of an experience", async () => {
      const iterations = isTwin ? [6] : [3, 9];
      await expectResumable(() => create(createOptions(model)), benchmark, { iterations, trainsOnce });
    });

    test.if(!isTwin)("leaves no tensor behind on the coordinator, when closed", async () => {
      expect((await runPlainly()).tensorsLeft).toBe(0);
    });
  });
}
