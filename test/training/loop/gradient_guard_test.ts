import { describe, expect, test } from "bun:test";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { NCMPlugin } from "../../../src/methods/ncm/ncm_plugin.ts";
import { StreamingLDA } from "../../../src/methods/streaming_lda/streaming_lda.ts";
import { mlp } from "../../../src/models/simple_mlp.ts";
import { SMALL_MLP } from "../../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "./made_strategy.ts";

/** A model in which nothing is trained. */
function makeFrozen() {
  const model = mlp(SMALL_MLP);
  for (const layer of model.layers) layer.trainable = false;
  return model;
}

describe("train() of a model without a weight that is trained", () => {
  const { trainStream, testStream } = makeBenchmark({ samples: 16, testSamples: 8 });

  test("is refused where training goes by gradient, and evaluation is not", async () => {
    await withStrategy(new Naive(makeOptions({ model: makeFrozen() })), async (strategy) => {
      await strategy.eval(testStream);
      await expect(strategy.train(trainStream)).rejects.toThrow(
        'Naive trains by gradient, and no weight of the model "simple_mlp" is trained: let some be',
      );
    });
  });

  test("goes on with strategies and plugins that learn from its features", async () => {
    const plain = makeOptions({ model: makeFrozen() });
    for (const strategy of [
      new Naive(makeOptions({ model: makeFrozen(), plugins: [new NCMPlugin()] })),
      new StreamingLDA(plain),
    ]) {
      await withStrategy(strategy, async () => {
        await strategy.train(trainStream);
        expect(strategy.clock.trainExpCounter).toBe(2);
      });
    }
  });
});
