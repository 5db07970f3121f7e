import { withDefault } from "../../core/options/option_schema.ts";
import { Adagrad } from "../../optimizers/adagrad.ts";
import { Adam, AdamW } from "../../optimizers/adam.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import {
  ADAGRAD_OPTIONS,
  ADAM_OPTIONS,
  ADAMW_OPTIONS,
  RMSPROP_OPTIONS,
  SGD_OPTIONS,
} from "../../optimizers/options.ts";
import { RMSprop } from "../../optimizers/rmsprop.ts";
import { SGD } from "../../optimizers/sgd.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";

const { learningRate } = SGD_OPTIONS;

/** The optimizers there are, with PyTorch's definitions and, but for SGD's learning rate, its defaults. */
export const OPTIMIZERS: Registry<undefined, Optimizer> = {
  kind: "optimizer",
  factories: [
    defineFactory({
      name: "sgd",
      summary: "stochastic gradient descent",
      options: { ...SGD_OPTIONS, learningRate: withDefault(learningRate, 0.01, learningRate.help) },
      create: (options) => new SGD(options),
    }),
    defineFactory({
      name: "adam",
      summary: "Adam (Kingma and Ba 2015)",
      options: ADAM_OPTIONS,
      create: (options) => new Adam(options),
    }),
    defineFactory({
      name: "adamw",
      summary: "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
      options: ADAMW_OPTIONS,
      create: (options) => new AdamW(options),
    }),
    defineFactory({
      name: "rmsprop",
      summary: "RMSprop (Tieleman and Hinton 2012)",
      options: RMSPROP_OPTIONS,
      create: (options) => new RMSprop(options),
    }),
    defineFactory({
      name: "adagrad",
      summary: "Adagrad (Duchi et al. 2011)",
      options: ADAGRAD_OPTIONS,
      create: (options) => new Adagrad(options),
    }),
  ],
};
