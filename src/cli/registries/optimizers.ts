import { withDefault } from "../../core/options/option_schema.ts";
import { Adagrad } from "../../optimizers/adagrad.ts";
import { Adam, AdamW } from "../../optimizers/adam.ts";
import type { Optimizer } from "../../optimizers/optimizer.ts";
import { ADAGRAD_RULE, ADAM_RULE, ADAMW_RULE, RMSPROP_RULE, SGD_RULE } from "../../optimizers/options.ts";
import { RMSprop } from "../../optimizers/rmsprop.ts";
import { SGD } from "../../optimizers/sgd.ts";
import { defineFactory, type Registry } from "../options/named_factory.ts";
import { GROUPS_OPTION, parseGroups } from "../options/parameter_group_text.ts";

const { learningRate } = SGD_RULE;

/** The optimizers there are, with PyTorch's definitions and, but for SGD's learning rate, its defaults. */
export const OPTIMIZERS: Registry<undefined, Optimizer> = {
  kind: "optimizer",
  factories: [
    defineFactory({
      name: "sgd",
      summary: "stochastic gradient descent",
      options: { ...SGD_RULE, learningRate: withDefault(learningRate, 0.01, learningRate.help), groups: GROUPS_OPTION },
      create: ({ groups, ...own }) => new SGD({ ...own, groups: parseGroups("sgd", groups, SGD_RULE) }),
    }),
    defineFactory({
      name: "adam",
      summary: "Adam (Kingma and Ba 2015)",
      options: { ...ADAM_RULE, groups: GROUPS_OPTION },
      create: ({ groups, ...own }) => new Adam({ ...own, groups: parseGroups("adam", groups, ADAM_RULE) }),
    }),
    defineFactory({
      name: "adamw",
      summary: "Adam with decoupled weight decay (Loshchilov and Hutter 2019)",
      options: { ...ADAMW_RULE, groups: GROUPS_OPTION },
      create: ({ groups, ...own }) => new AdamW({ ...own, groups: parseGroups("adamw", groups, ADAMW_RULE) }),
    }),
    defineFactory({
      name: "rmsprop",
      summary: "RMSprop (Tieleman and Hinton 2012)",
      options: { ...RMSPROP_RULE, groups: GROUPS_OPTION },
      create: ({ groups, ...own }) => new RMSprop({ ...own, groups: parseGroups("rmsprop", groups, RMSPROP_RULE) }),
    }),
    defineFactory({
      name: "adagrad",
      summary: "Adagrad (Duchi et al. 2011)",
      options: { ...ADAGRAD_RULE, groups: GROUPS_OPTION },
      create: ({ groups, ...own }) => new Adagrad({ ...own, groups: parseGroups("adagrad", groups, ADAGRAD_RULE) }),
    }),
  ],
};
