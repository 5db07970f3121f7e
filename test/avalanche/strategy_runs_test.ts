import { describe, expect, test } from "bun:test";
import {
  AGEM,
  AR1,
  type BaseStrategy,
  BiC,
  CoPE,
  Cumulative,
  CWRStar,
  DER,
  ER_ACE,
  ER_AML,
  EWC,
  EWCPlugin,
  FeatureDistillationPlugin,
  FeatureReplay,
  GDumb,
  GEM,
  GSS_greedy,
  ICaRL,
  IL2M,
  LFL,
  LwF,
  LwFPlugin,
  MAS,
  MER,
  MIR,
  Naive,
  PNNStrategy,
  pnn,
  Replay,
  RWalkPlugin,
  SCR,
  type StrategyOptions,
  StreamingLDA,
  SynapticIntelligence,
} from "../../src/mod.ts";
import { withStrategy } from "../training/loop/made_strategy.ts";
import { makeFastBenchmark, makeFastOptions } from "./fast_benchmark.ts";

/** Whether a strategy is checked with one head, with a head for each task, or with both. */
type Heads = "one" | "many" | "both";

const ALPHAS = [0, 1 / 2, 4 / 3, 9 / 4, 16 / 5];

/** The strategies of Avalanche's tests/training/test_strategies.py with the hyperparameters that stand there. */
const STRATEGIES: Readonly<Record<string, readonly [Heads, (options: StrategyOptions) => BaseStrategy]>> = {
  Naive: ["both", (options) => new Naive(options)],
  CWRStar: ["one", (options) => new CWRStar({ ...options, cwrLayerName: "classifier" })],
  Replay: ["both", (options) => new Replay({ ...options, memSize: 10 })],
  MER: ["both", (options) => new MER({ ...options, memSize: 10, trainEpochs: 1 })],
  GDumb: ["both", (options) => new GDumb({ ...options, memSize: 200 })],
  Cumulative: ["both", (options) => new Cumulative(options)],
  StreamingLDA: ["one", (options) => new StreamingLDA({ ...options, trainEpochs: 1, trainMbSize: 7 })],
  LwF: ["both", (options) => new LwF({ ...options, alpha: ALPHAS, temperature: 2, trainMbSize: 10 })],
  AGEM: ["both", (options) => new AGEM({ ...options, patternsPerExperience: 25, sampleSize: 25 })],
  GEM: ["both", (options) => new GEM({ ...options, patternsPerExperience: 256, trainMbSize: 10 })],
  EWC: ["both", (options) => new EWC({ ...options, lambda: 0.4, mode: "separate" })],
  "EWC online": ["both", (options) => new EWC({ ...options, lambda: 0.4, mode: "online", decayFactor: 0.1 })],
  RWalkPlugin: [
    "both",
    (options) => new Naive({ ...options, plugins: [new RWalkPlugin({ lambda: 0.1, alpha: 0.9, deltaT: 10 })] }),
  ],
  SynapticIntelligence: ["both", (options) => new SynapticIntelligence({ ...options, lambda: 0.0001 })],
  CoPE: ["one", (options) => new CoPE({ ...options, memSize: 10 })],
  PNNStrategy: [
    "many",
    ({ model, ...options }) => {
      model.dispose();
      return new PNNStrategy({ ...options, model: pnn({ inputShape: [6], hiddenLayers: 2, hiddenSize: 10 }) });
    },
  ],
  ICaRL: ["one", (options) => new ICaRL({ ...options, memSize: 20, fixedMemory: true })],
  LFL: ["one", (options) => new LFL({ ...options, lambda: 0.0001 })],
  MAS: ["one", (options) => new MAS({ ...options, lambda: 1, alpha: 0.5 })],
  BiC: ["one", (options) => new BiC({ ...options, memSize: 50, valPercentage: 0.1, temperature: 2 })],
  MIR: ["both", (options) => new MIR({ ...options, memSize: 1000, batchSizeMem: 10, subsample: 50 })],
  ER_ACE: ["one", (options) => new ER_ACE({ ...options, memSize: 1000, batchSizeMem: 10 })],
  ER_AML: ["one", (options) => new ER_AML({ ...options, memSize: 1000, batchSizeMem: 10, temperature: 0.1 })],
  DER: ["one", (options) => new DER({ ...options, memSize: 1000, batchSizeMem: 10 })],
  FeatureDistillationPlugin: [
    "one",
    (options) => new Naive({ ...options, plugins: [new FeatureDistillationPlugin({ alpha: 10 })] }),
  ],
  FeatureReplay: ["one", (options) => new FeatureReplay(options)],
  IL2M: ["one", (options) => new IL2M({ ...options, memSize: 50 })],
  GSS_greedy: ["one", (options) => new GSS_greedy({ ...options, memSize: 20 })],
  SCR: ["one", (options) => new SCR({ ...options, memSize: 20, batchSizeMem: 10 })],
  AR1: ["one", (options) => new AR1(options)],
  "LwFPlugin, tests/models/test_helper_method.py": [
    "many",
    (options) => new Naive({ ...options, plugins: [new LwFPlugin()] }),
  ],
  "EWCPlugin, tests/models/test_helper_method.py": [
    "many",
    (options) => new Naive({ ...options, plugins: [new EWCPlugin({ lambda: 0.5 })] }),
  ],
};

describe("tests/training/test_strategies.py", () => {
  for (const [name, [heads, create]] of Object.entries(STRATEGIES)) {
    for (const taskLabels of heads === "both" ? [false, true] : [heads === "many"]) {
      test(`${name} trains all experiences, and is evaluated on the whole stream after each, ${taskLabels ? "with task labels" : "without task labels"}`, async () => {
        const { trainStream, testStream } = makeFastBenchmark({ taskLabels });
        const strategy = create(makeFastOptions({ multiHead: taskLabels, trainEpochs: 1 }));
        await withStrategy(strategy, async () => {
          for (const experience of trainStream) {
            await strategy.train(experience);
            // A progressive network has no column yet for tasks to come.
            if (name !== "PNNStrategy" || experience.currentExperience === 4) await strategy.eval(testStream);
          }
          expect(strategy.clock.trainExpCounter).toBe(5);
          expect(strategy.parameters.every(Number.isFinite)).toBe(true);
        });
      });
    }
  }
});
