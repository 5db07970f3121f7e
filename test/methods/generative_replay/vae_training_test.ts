import { describe, expect, test } from "bun:test";
import { evaluateVAELoss } from "../../../src/methods/generative_replay/vae_loss.ts";
import { VAETraining, type VAETrainingOptions } from "../../../src/methods/generative_replay/vae_training.ts";
import { mlpVAE } from "../../../src/models/mlp_vae.ts";
import { Adam } from "../../../src/optimizers/adam.ts";
import { SGD } from "../../../src/optimizers/sgd.ts";
import { createListener } from "../../training/loop/callback_recorder.ts";
import { makeBenchmark, takeFirst, withStrategy } from "../../training/loop/made_strategy.ts";

const { trainStream } = makeBenchmark();

function createVAE(options: Partial<VAETrainingOptions> = {}): VAETraining {
  return new VAETraining({
    generator: mlpVAE({ inputShape: [6], latentSize: 2, hiddenSizes: [8], seed: 2 }),
    optimizer: new SGD({ learningRate: 0 }),
    trainMbSize: 16,
    evaluator: null,
    cluster: { workers: 0, logicalShards: 2 },
    ...options,
  });
}

describe("VAETraining", () => {
  test("minimises reconstruction and divergence: its gradient is that of central differences, noise included", async () => {
    const strategy = createVAE({ beta: 0.5 });
    await withStrategy(strategy, async () => {
      await strategy.start();
      const { cluster, parameters } = strategy;
      const samples = takeFirst(trainStream.at(0).dataset, 4);
      const request = { samples, training: true, dropoutStep: 3 };
      const x = { data: new Float32Array(24), shape: [4, 6] };
      const evaluate = async () => {
        const output = await cluster.forward(request);
        return evaluateVAELoss(output, x, { latentSize: 2, beta: 0.5 });
      };
      const { dOutput } = await evaluate();
      await cluster.backward(request, dOutput);
      const gradient = cluster.gradient.slice();
      const step = 2 ** -8;
      for (let i = 0; i < parameters.length; i += 3) {
        const start = parameters[i] ?? 0;
        parameters[i] = start + step;
        const { loss: above } = await evaluate();
        parameters[i] = start - step;
        const { loss: below } = await evaluate();
        parameters[i] = start;
        expect(Math.abs((above - below) / (2 * step) - (gradient[i] ?? 0))).toBeLessThan(0.02);
      }
    });
  });

  test("compares reconstructions with the minibatch's samples, whatever their class ids", async () => {
    const compared: number[][] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { loss, mbOutput, mbX }) => {
      compared.push([loss, evaluateVAELoss(mbOutput, mbX, { latentSize: 2 }).loss]);
    });
    const strategy = createVAE({ plugins: [listener] });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect(compared.length).toBe(2);
    for (const [made = 0, wanted = 1] of compared) expect(Math.abs(made - wanted)).toBeLessThan(1e-4);
  });

  test("reconstructs better and better", async () => {
    const losses: number[] = [];
    const listener = createListener(["afterTrainingIteration"], (_, { loss }) => void losses.push(loss));
    const strategy = createVAE({ plugins: [listener], optimizer: new Adam({ learningRate: 0.01 }), trainEpochs: 60 });
    await withStrategy(strategy, () => strategy.train(trainStream.at(0)));
    expect((losses.at(-1) ?? 0) / (losses[0] ?? 0)).toBeLessThan(0.6);
  });

  test("refuses a negative beta", () => {
    expect(() => createVAE({ beta: -1 })).toThrow("beta");
  });
});
