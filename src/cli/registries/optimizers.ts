import { z } from "zod";
import { Adam } from "../../optimizers/adam.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { SGD } from "../../optimizers/sgd.ts";
import { defineFactory, type Registry } from "../named_factory.ts";

const weightDecay = z.number().min(0).default(0).describe("adds this share of each parameter to its gradient");

/** The optimizers there are, with PyTorch's definitions and, but for SGD's learning rate, its defaults. */
export const OPTIMIZERS: Registry<undefined, Optimizer> = {
  kind: "optimizer",
  factories: [
    defineFactory({
      name: "sgd",
      summary: "stochastic gradient descent",
      options: z.strictObject({
        learningRate: z.number().min(0).default(0.01).describe("step length"),
        momentum: z.number().min(0).max(1).default(0).describe("share of the last step's direction that is kept"),
        dampening: z.number().min(0).max(1).default(0).describe("share of the gradient left out of the momentum"),
        weightDecay,
        nesterov: z.boolean().default(false).describe("looks ahead along the momentum"),
      }),
      create: (options) => new SGD(options),
    }),
    defineFactory({
      name: "adam",
      summary: "Adam (Kingma and Ba 2015)",
      options: z.strictObject({
        learningRate: z.number().min(0).default(0.001).describe("step length"),
        beta1: z.number().min(0).lt(1).default(0.9).describe("decay of the mean of gradients"),
        beta2: z.number().min(0).lt(1).default(0.999).describe("decay of the mean of squared gradients"),
        epsilon: z.number().min(0).default(1e-8).describe("added to the root, against division by zero"),
        weightDecay,
      }),
      create: (options) => new Adam(options),
    }),
  ],
};
