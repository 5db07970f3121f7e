import { z } from "zod";
import { Adagrad } from "../../optimizers/adagrad.ts";
import { Adam, AdamW } from "../../optimizers/adam.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { RMSprop } from "../../optimizers/rmsprop.ts";
import { SGD } from "../../optimizers/sgd.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";

const learningRate = z.number().min(0).describe("step length");
const momentum = z.number().min(0).max(1).default(0).describe("share of the last step's direction that is kept");
const epsilon = z.number().min(0).default(1e-8).describe("added to the root, against division by zero");
const weightDecay = z.number().min(0).default(0).describe("adds this share of each parameter to its gradient");

const adam = z.strictObject({
  learningRate: learningRate.default(0.001),
  beta1: z.number().min(0).lt(1).default(0.9).describe("decay of the mean of gradients"),
  beta2: z.number().min(0).lt(1).default(0.999).describe("decay of the mean of squared gradients"),
  epsilon,
  weightDecay,
});

/** The optimizers there are, with PyTorch's definitions and, but for SGD's learning rate, its defaults. */
export const OPTIMIZERS: Registry<undefined, Optimizer> = {
  kind: "optimizer",
  factories: [
    defineFactory({
      name: "sgd",
      summary: "stochastic gradient descent",
      options: z.strictObject({
        learningRate: learningRate.default(0.01),
        momentum,
        dampening: z.number().min(0).max(1).default(0).describe("share of the gradient left out of the momentum"),
        weightDecay,
        nesterov: z.boolean().default(false).describe("looks ahead along the momentum"),
      }),
      create: (options) => new SGD(options),
    }),
    defineFactory({
      name: "adam",
      summary: "Adam (Kingma and Ba 2015)",
      options: adam,
      create: (options) => new Adam(options),
    }),
    defineFactory({
      name: "adamw",
      summary: "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
      options: adam.extend({
        weightDecay: weightDecay.default(0.01).describe("shrinks each parameter by the learning rate times this share"),
      }),
      create: (options) => new AdamW(options),
    }),
    defineFactory({
      name: "rmsprop",
      summary: "RMSprop (Tieleman and Hinton 2012)",
      options: z.strictObject({
        learningRate: learningRate.default(0.01),
        alpha: z.number().min(0).max(1).default(0.99).describe("decay of the mean of squared gradients"),
        epsilon,
        weightDecay,
        momentum,
        centered: z.boolean().default(false).describe("divides by the deviation, not by the root of the mean square"),
      }),
      create: (options) => new RMSprop(options),
    }),
    defineFactory({
      name: "adagrad",
      summary: "Adagrad (Duchi et al. 2011)",
      options: z.strictObject({
        learningRate: learningRate.default(0.01),
        learningRateDecay: z.number().min(0).default(0).describe("the rate is divided by 1 + steps before · this"),
        epsilon: epsilon.default(1e-10),
        weightDecay,
      }),
      create: (options) => new Adagrad(options),
    }),
  ],
};
