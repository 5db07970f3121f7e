import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { RefusalError } from "../../src/core/errors/errors.ts";
import { createParameterLayout } from "../../src/core/parameter_layout.ts";
import { VectorKernels } from "../../src/kernels/vector_kernels.ts";
import { Adagrad } from "../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../src/optimizers/adam.ts";
import type { Optimizer } from "../../src/optimizers/optimizer.ts";
import {
  assertGroupsMatch,
  locateGroups,
  type OptimizerRule,
  type ParameterPattern,
} from "../../src/optimizers/parameter_groups.ts";
import { RMSprop } from "../../src/optimizers/rmsprop.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { countStateVectors } from "../../src/optimizers/step_optimizer.ts";
import { descend, stepSegments } from "../../src/optimizers/step_segments.ts";
import { createVectors, optimizerRuns, runOptimizer } from "./optimizer_runs.ts";

/**
 * Parameters after five steps of PyTorch 2.15.0 in double precision, printed with %.9g, with two groups: a [2] and b
 * [1]. θ starts at [0.5, −1.25, 2], and the gradient of step t = 1 … 5 is [0.5·t − 1.25, 1/t, (−1)^t · 0.75].
 */
const PYTORCH_FIGURES: readonly (readonly [name: string, optimizer: Optimizer, parameters: readonly number[]])[] = [
  [
    "SGD([a, {b, lr=0.01, momentum=0.5, weight_decay=0.3}], lr=0.1, momentum=0.9)",
    new SGD({
      learningRate: 0.1,
      momentum: 0.9,
      groups: [{ parameters: "b", learningRate: 0.01, momentum: 0.5, weightDecay: 0.3 }],
    }),
    [0.5578575, -1.98929333, 1.96168775],
  ],
  [
    "SGD([{a, momentum=0.8, nesterov=True}, b], lr=0.1, weight_decay=0.02)",
    new SGD({
      learningRate: 0.1,
      weightDecay: 0.02,
      groups: [{ parameters: "a", momentum: 0.8, nesterov: true }],
    }),
    [0.360943021, -1.93939808, 2.05478104],
  ],
  [
    "Adam([a, {b, lr=0.2, betas=(0.5, 0.9), weight_decay=0.1}], lr=0.05)",
    new Adam({
      learningRate: 0.05,
      groups: [{ parameters: "b", learningRate: 0.2, beta1: 0.5, beta2: 0.9, weightDecay: 0.1 }],
    }),
    [0.586493604, -1.47007304, 2.01539883],
  ],
  [
    "AdamW([{a, weight_decay=0}, {b, lr=0.01}], lr=0.05, weight_decay=0.2)",
    new AdamW({
      learningRate: 0.05,
      weightDecay: 0.2,
      groups: [
        { parameters: "a", weightDecay: 0 },
        { parameters: "b", learningRate: 0.01 },
      ],
    }),
    [0.586493604, -1.47007304, 1.99434032],
  ],
  [
    "RMSprop([{a, momentum=0.6}, {b, alpha=0.9, centered=True}], lr=0.05)",
    new RMSprop({
      learningRate: 0.05,
      groups: [
        { parameters: "a", momentum: 0.6 },
        { parameters: "b", alpha: 0.9, centered: true },
      ],
    }),
    [0.784929995, -3.42752738, 2.14298638],
  ],
  [
    "Adagrad([{a, lr_decay=0.1}, {b, weight_decay=0.05}], lr=0.3)",
    new Adagrad({
      learningRate: 0.3,
      groups: [
        { parameters: "a", learningRateDecay: 0.1 },
        { parameters: "b", weightDecay: 0.05 },
      ],
    }),
    [0.496342253, -1.82717382, 2.16216192],
  ],
];

const figureLayout = createParameterLayout([
  { name: "a", shape: [2] },
  { name: "b", shape: [1] },
]);
const gradients = [1, 2, 3, 4, 5].map((t) => [0.5 * t - 1.25, 1 / t, (-1) ** t * 0.75]);
const kernels = new VectorKernels();

/** All steps of a run by groups, slice by slice, cut at `cuts`. */
function runGroups(
  optimizer: Optimizer,
  layout: Parameters<typeof locateGroups>[1],
  { start, gradients: steps }: { start: readonly number[]; gradients: readonly (readonly number[])[] },
  cuts: readonly number[] = [],
) {
  const vectors = createVectors(optimizer, start);
  const segments = locateGroups(optimizer, layout);
  const bounds = [0, ...cuts, start.length];
  const rateOf = (group: number) => optimizer.groups?.[group - 1]?.learningRate ?? optimizer.learningRate;
  for (const [index, gradient] of steps.entries()) {
    vectors.gradient.set(gradient);
    const count = index + 1;
    for (const [slice, end] of bounds.slice(1).entries()) {
      stepSegments(segments, vectors, { start: bounds[slice] ?? 0, end, count, rateOf, countOf: () => count }, kernels);
    }
  }
  return vectors;
}

describe("groups", () => {
  for (const [name, optimizer, wanted] of PYTORCH_FIGURES) {
    test(`step as PyTorch's ${name}`, () => {
      const { parameters } = runGroups(optimizer, figureLayout, { start: [0.5, -1.25, 2], gradients });
      for (const [i, value] of wanted.entries()) {
        expect(Math.abs((parameters[i] ?? Number.NaN) - value)).toBeLessThan(1e-6);
      }
    });
  }

  test("step as an optimizer of their own would, wherever slices are cut", () => {
    const layout = createParameterLayout(["a", "b", "c", "d", "e"].map((name) => ({ name, shape: [1] })));
    const cuts = fc.array(fc.nat(5), { maxLength: 3 }).map((values) => values.sort((x, y) => x - y));
    const constants = { learningRate: 0.05, momentum: 0.9, weightDecay: 0.01 };
    const other = { learningRate: 0.3, momentum: 0.5, weightDecay: 0, nesterov: true };
    const grouped = new SGD({ ...constants, groups: [{ parameters: ["b", "e"], ...other }] });
    fc.assert(
      fc.property(optimizerRuns, cuts, (run, chosen) => {
        const { parameters } = runGroups(grouped, layout, run, chosen);
        const [plain, changed] = [constants, other].map((own) => runOptimizer(new SGD(own), run).parameters);
        expect([...parameters]).toEqual([0, 1, 2, 3, 4].map((i) => (i === 1 || i === 4 ? changed : plain)?.[i] ?? 0));
      }),
    );
  });

  test("with a learning rate of 0 keep their bits, and the others are stepped", () => {
    const optimizer = new AdamW({ groups: [{ parameters: "a", learningRate: 0 }] });
    const { parameters } = runGroups(optimizer, figureLayout, { start: [0.1, -1.3, 2], gradients });
    expect([...parameters.subarray(0, 2)]).toEqual([...Float32Array.of(0.1, -1.3)]);
    expect(parameters[2]).not.toBe(2);
  });

  test("count for the vectors that an optimizer keeps", () => {
    expect(countStateVectors(new SGD({ learningRate: 1, groups: [{ parameters: "a", momentum: 0.5 }] }))).toBe(1);
    expect(countStateVectors(new SGD({ learningRate: 1, groups: [{ parameters: "a", weightDecay: 1 }] }))).toBe(0);
  });
});

describe("descend()", () => {
  test("goes down the gradient with each group's learning rate", () => {
    const optimizer = new SGD({ learningRate: 0.5, groups: [{ parameters: "a", learningRate: 2 }] });
    const parameters = Float32Array.of(1, 1, 1);
    const vectors = { parameters, gradient: Float32Array.of(1, 2, 4) };
    descend(vectors, { optimizer, layout: figureLayout });
    expect([...parameters]).toEqual([-1, -3, -1]);
    descend(vectors, { optimizer: new SGD({ learningRate: 1 }), layout: figureLayout });
    expect([...parameters]).toEqual([-2, -5, -5]);
  });
});

describe("locateGroups()", () => {
  const names = ["fc0/kernel", "fc0/bias", "fc10/kernel", "fc10/bias", "head/kernel", "head/bias"];
  const layout = createParameterLayout(names.map((name) => ({ name, shape: [2] })));
  const find = (parameters: ParameterPattern | readonly ParameterPattern[]) => {
    const { groups } = new SGD({ learningRate: 1, groups: [{ parameters }] });
    const segments = locateGroups({ spec: new SGD({ learningRate: 1 }).spec, groups }, layout);
    return segments.flatMap(({ start, end, group }) => (group === 1 ? [[start, end]] : []));
  };

  test("finds a name, a layer, what a star stands for, and what an expression matches", () => {
    expect(find("fc0/bias")).toEqual([[2, 4]]);
    expect(find("fc1")).toEqual([]);
    expect(find("fc10")).toEqual([[4, 8]]);
    expect(find("fc*")).toEqual([[0, 8]]);
    expect(find("*/bias")).toEqual([
      [2, 4],
      [6, 8],
      [10, 12],
    ]);
    expect(find(/^(fc0|head).k/)).toEqual([
      [0, 2],
      [8, 10],
    ]);
    expect(find("/KERNEL$/i")).toEqual(find(/kernel$/g));
    expect(find(["head", "fc0"])).toEqual([
      [0, 4],
      [8, 12],
    ]);
  });

  test("covers the vector without gaps", () => {
    const rule = new SGD({ learningRate: 1, groups: [{ parameters: "*/bias" }, { parameters: "head/kernel" }] });
    const segments = locateGroups(rule, layout);
    expect(segments.map(({ group }) => group)).toEqual([0, 1, 0, 1, 2, 1]);
    expect(segments.map(({ start }) => start)).toEqual([0, ...segments.slice(0, -1).map(({ end }) => end)]);
    expect(segments.at(-1)?.end).toBe(layout.size);
    expect(locateGroups(new SGD({ learningRate: 1 }), layout)).toEqual([]);
  });

  test("refuses a parameter in two groups, assertGroupsMatch() a pattern that matches nothing", () => {
    const refuse = (groups: readonly { readonly parameters: string | readonly string[] }[]) => {
      const rule: OptimizerRule = new SGD({ learningRate: 1, groups });
      return () => assertGroupsMatch(rule, layout);
    };
    expect(refuse([{ parameters: "fc0" }, { parameters: "*/bias" }])).toThrow(
      new RefusalError("the optimizer's groups[1] must leave fc0/bias out: it is in groups[0] already"),
    );
    expect(refuse([{ parameters: ["head", "tail*"] }])).toThrow(
      new RefusalError(`the optimizer's groups[0]: parameters must match some of ${names.join(", ")}; got "tail*"`),
    );
    expect(refuse([{ parameters: "fc0" }, { parameters: "head/*" }])).not.toThrow();
  });
});

describe("SGD(), Adam() …", () => {
  test("give a group the options that it leaves out, and refuse what it cannot have by its place", () => {
    const { groups } = new Adam({ beta1: 0.5, groups: [{ parameters: "a", beta2: 0.6, learningRate: undefined }] });
    expect(groups.map(({ spec, learningRate }) => [spec, learningRate])).toEqual([
      [new Adam({ beta1: 0.5, beta2: 0.6 }).spec, 0.001],
    ]);
    const make = (group: object) => () => Reflect.construct(SGD, [{ learningRate: 1, groups: [group] }]);
    expect(make({ parameters: "a", learningRate: -1 })).toThrow(
      "SGD: groups[0]: learningRate must be at least 0, got -1",
    );
    expect(make({ parameters: "a", lr: 1 })).toThrow('SGD: groups[0]: unknown option "lr", did you mean learningRate?');
    expect(make({ learningRate: 1 })).toThrow("SGD: groups[0]: parameters is required");
    expect(make({ parameters: "" })).toThrow("parameters must be a pattern that is not empty");
    expect(make({ parameters: [] })).toThrow("parameters must be a list of at least one pattern");
    expect(make({ parameters: "/(/" })).toThrow("parameters must be a regular expression that is well-formed");
    expect(make({ parameters: "a", nesterov: true })).toThrow("SGD: groups[0]: nesterov requires momentum above 0");
    const many = Array.from({ length: 65 }, () => ({ parameters: "a" }));
    expect(() => new SGD({ learningRate: 1, groups: many })).toThrow("SGD: groups must be at most 64, got 65");
  });

  test("let a group's learning rate change, and refuse an assignment to its constants", () => {
    const [group] = new SGD({ learningRate: 1, groups: [{ parameters: "a" }] }).groups;
    if (!group) throw new Error("There is a group");
    group.learningRate = 2;
    expect(() => Reflect.set(group.spec, "momentum", 1)).toThrow("momentum is given when an optimizer is made");
    expect(() => Object.assign(group, { momentum: 1 })).toThrow("assign strategy.optimizer = new SGD(…)");
  });
});
