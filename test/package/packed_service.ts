/** A small service, as a user of the package writes one: the test of the package type-checks and runs it there. */
import { createArrayDataset, createClassIncrementalBenchmark, type Dataset } from "firn";
import { CrossEntropyLoss } from "firn/losses";
import { accuracyMetrics, EvaluationPlugin, type MetricData } from "firn/metrics";
import { mlp } from "firn/models";
import { readExportMetadata } from "firn/onnx";
import { SGD } from "firn/optimizers";
import { ReplayPlugin } from "firn/plugins";
import { exportStrategy } from "firn/runs";
import { Naive } from "firn/strategies";
import type { BaseStrategy, StrategyPlugin } from "firn/training";

/** A plugin of the user's own. */
class IterationCounter implements StrategyPlugin {
  readonly name = "IterationCounter";
  count = 0;

  afterTrainingIteration(_strategy: BaseStrategy): void {
    this.count++;
  }
}

/** What came of a training. */
export interface Outcome {
  readonly iterations: number;
  readonly accuracy: MetricData | undefined;
  /** The sum of all parameters. */
  readonly parameters: number;
  /** What the exported file says of itself. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Trains on two experiences of two classes each, and exports the model. */
export async function trainService(workers: number): Promise<Outcome> {
  const benchmark = createClassIncrementalBenchmark({
    name: "made",
    train: createSamples(32),
    test: createSamples(8),
    sampleShape: [4],
    experiences: 2,
    normalization: { scale: 1, mean: [], std: [] },
  });
  const counter = new IterationCounter();
  await using strategy = new Naive({
    model: mlp({ inputShape: [4], hiddenSize: 8, numClasses: 4 }),
    optimizer: new SGD({ learningRate: 0.1 }),
    criterion: new CrossEntropyLoss(),
    cluster: { workers, logicalShards: 2 },
    evaluator: new EvaluationPlugin({ metrics: accuracyMetrics({ stream: true }) }),
    plugins: [counter, new ReplayPlugin({ memSize: 10 })],
    trainMbSize: 8,
    trainEpochs: 10,
  });
  for (const experience of benchmark.trainStream) await strategy.train(experience);
  const metrics = await strategy.eval(benchmark.testStream);
  const [experience] = benchmark.trainStream;
  if (!experience) throw new Error("no experience");
  const { bytes } = await exportStrategy(strategy, { benchmark, experience });
  return {
    iterations: counter.count,
    accuracy: metrics["Top1_Acc_Stream/eval_phase/test_stream/Task000"],
    parameters: strategy.parameters.reduce((sum, value) => sum + value, 0),
    metadata: await readExportMetadata(bytes),
  };
}

function createSamples(count: number): Dataset {
  const y = Array.from({ length: count }, (_, i) => i % 4);
  const x = y.flatMap((label) => [0, 1, 2, 3].map((place) => (place === label ? 1 : 0)));
  return createArrayDataset({ name: "made", x: Float32Array.from(x), y, sampleShape: [4] });
}
