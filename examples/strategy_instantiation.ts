/** Strategies take a model, an optimizer and a criterion; everything else has a default. */
import { CrossEntropyLoss, Naive, SGD, simpleMLP } from "firn";

export function createNaive(): Naive {
  const model = simpleMLP({ numClasses: 10 });
  const optimizer = new SGD({ learningRate: 0.001, momentum: 0.9 });
  const criterion = new CrossEntropyLoss();
  return new Naive({ model, optimizer, criterion, trainMbSize: 100, trainEpochs: 4, evalMbSize: 100 });
}

if (import.meta.main) {
  await using strategy = createNaive();
  console.log(
    `${strategy.constructor.name}: ${strategy.model.countParams()} parameters, ${strategy.trainEpochs} epochs`,
  );
}
