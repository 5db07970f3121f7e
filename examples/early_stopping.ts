/** Plugins add behaviour to any strategy: here training stops when the validation accuracy no longer rises. */
import { CrossEntropyLoss, EarlyStoppingPlugin, type LastMetrics, Naive, SGD, simpleMLP, splitMNIST } from "firn";

export async function trainWithEarlyStopping(options: { examplesPerExperience?: number } = {}): Promise<LastMetrics> {
  const benchmark = await splitMNIST({ experiences: 5, seed: 1, validationSize: 0.1, ...options });
  const validStream = benchmark.streams.get("valid");
  if (!validStream) throw new Error("the benchmark has no validation stream");
  await using strategy = new Naive({
    model: simpleMLP({ numClasses: 10 }),
    optimizer: new SGD({ learningRate: 0.01, momentum: 0.9 }),
    criterion: new CrossEntropyLoss(),
    trainEpochs: 20,
    evalEvery: 1,
    plugins: [new EarlyStoppingPlugin({ patience: 2, valStreamName: "valid" })],
  });
  for (const experience of benchmark.trainStream) {
    await strategy.train(experience, { evalStreams: [validStream.at(experience.currentExperience)] });
  }
  return await strategy.eval(benchmark.testStream);
}

if (import.meta.main) await trainWithEarlyStopping();
