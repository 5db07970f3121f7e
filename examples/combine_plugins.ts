/** Most strategies are plugins, so they combine: replay and elastic weight consolidation in one. */
import {
  BaseStrategy,
  CrossEntropyLoss,
  EWCPlugin,
  type LastMetrics,
  ReplayPlugin,
  SGD,
  simpleMLP,
  splitMNIST,
} from "firn";

export async function trainReplayWithEWC(options: { examplesPerExperience?: number } = {}): Promise<LastMetrics> {
  const benchmark = await splitMNIST({ experiences: 5, seed: 1, ...options });
  const replay = new ReplayPlugin({ memSize: 100 });
  const ewc = new EWCPlugin({ lambda: 0.001 });
  await using strategy = new BaseStrategy({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.001, momentum: 0.9 }),
    criterion: new CrossEntropyLoss(),
    plugins: [replay, ewc],
  });
  await strategy.train(benchmark.trainStream);
  return await strategy.eval(benchmark.testStream);
}

if (import.meta.main) await trainReplayWithEWC();
