import { describe, expect, test } from "bun:test";
import * as tf from "@tensorflow/tfjs";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { DecoderReplicas } from "../../../src/methods/generative_replay/decoder_replicas.ts";
import { VAETraining } from "../../../src/methods/generative_replay/vae_training.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { withStrategy } from "../../training/loop/made_strategy.ts";
import { measureDifference } from "../shared/slow_losses.ts";

describe("DecoderReplicas", () => {
  test("generate() decodes latents by the generator as it was when loaded, whatever became of it since", async () => {
    const generator = mlpVAE({ inputShape: [6], latentSize: 2, hiddenSizes: [4] });
    const cluster = { workers: 0 };
    const strategy = new VAETraining({ generator, optimizer: new SGD({ learningRate: 1 }), evaluator: null, cluster });
    await withStrategy(strategy, async () => {
      await strategy.start();
      const generate = (replicas: DecoderReplicas) => replicas.generate(3, new RandomStream(1, "latents"));
      const replicas = await DecoderReplicas.load(strategy);
      const before = await generate(replicas);
      const random = new RandomStream(1, "latents");
      const latents = Array.from({ length: 6 }, () => random.normal());
      const decoder = generator.createDecoder();
      const decoded = decoder.predict(tf.tensor2d(latents, [3, 2])) as tf.Tensor;
      expect(measureDifference(before, decoded.dataSync())).toBeLessThan(1e-5);

      for (let i = 0; i < strategy.parameters.length; i++) strategy.parameters[i] = 2 * (strategy.parameters[i] ?? 0);
      expect(await generate(replicas)).toEqual(before);
      expect(await DecoderReplicas.load(strategy)).toBe(replicas);
      expect(measureDifference(await generate(replicas), before)).toBeGreaterThan(0.1);
    });
  });
});
