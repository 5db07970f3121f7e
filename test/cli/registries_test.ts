import { describe, expect, test } from "bun:test";
import {
  createNamed,
  describeRegistry,
  type RegistryEntry,
  resolveNamed,
} from "../../src/cli/options/named_factory.ts";
import { BENCHMARKS } from "../../src/cli/registries/benchmarks.ts";
import { CRITERIA } from "../../src/cli/registries/criteria.ts";
import { MODELS } from "../../src/cli/registries/models.ts";
import { OPTIMIZERS } from "../../src/cli/registries/optimizers.ts";
import { PLUGINS } from "../../src/cli/registries/plugins.ts";
import { STRATEGIES } from "../../src/cli/registries/strategies.ts";
import { Adagrad } from "../../src/optimizers/adagrad.ts";
import { Adam, AdamW } from "../../src/optimizers/adam.ts";
import { RMSprop } from "../../src/optimizers/rmsprop.ts";
import { SGD } from "../../src/optimizers/sgd.ts";

const registries: Record<string, { entries: RegistryEntry[]; resolve: (text: string) => unknown }> = {
  benchmarks: { entries: describeRegistry(BENCHMARKS), resolve: (text) => resolveNamed(BENCHMARKS, text) },
  criteria: { entries: describeRegistry(CRITERIA), resolve: (text) => resolveNamed(CRITERIA, text) },
  models: { entries: describeRegistry(MODELS), resolve: (text) => resolveNamed(MODELS, text) },
  optimizers: { entries: describeRegistry(OPTIMIZERS), resolve: (text) => resolveNamed(OPTIMIZERS, text) },
  plugins: { entries: describeRegistry(PLUGINS), resolve: (text) => resolveNamed(PLUGINS, text) },
  strategies: { entries: describeRegistry(STRATEGIES), resolve: (text) => resolveNamed(STRATEGIES, text) },
};

describe("registries", () => {
  for (const [kind, { entries, resolve }] of Object.entries(registries)) {
    test(`${kind} have names of their own, and a summary for everything`, () => {
      expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
      for (const { name, summary, options } of entries) {
        expect(summary).not.toBe("");
        for (const option of options) expect(`${name} ${option.name}: ${option.summary}`).not.toMatch(/: $/);
      }
    });

    test(`${kind} refuse options that they do not have, and need none but those marked so`, () => {
      for (const { name, options } of entries) {
        expect(() => resolve(`${name}:notAnOption=1`)).toThrow("notAnOption");
        const required = options.filter((option) => option.required);
        if (required.length === 0) expect(resolve(name)).toMatchObject({ name });
        else expect(() => resolve(name)).toThrow("is required, ");
      }
    });
  }

  test("optimizers made by their names alone have the defaults of their classes", () => {
    const own = { sgd: new SGD({ learningRate: 0.01 }), adam: new Adam(), adamw: new AdamW() };
    for (const [name, expected] of Object.entries({ ...own, rmsprop: new RMSprop(), adagrad: new Adagrad() })) {
      const { spec, learningRate } = createNamed(OPTIMIZERS, resolveNamed(OPTIMIZERS, name), undefined);
      expect({ name, spec, learningRate }).toEqual({
        name,
        spec: expected.spec,
        learningRate: expected.learningRate,
      });
    }
  });

  test("hold what the documentation promises", () => {
    const names = (kind: string) => registries[kind]?.entries.map(({ name }) => name);
    expect(names("benchmarks")).toEqual([
      "split-mnist",
      "permuted-mnist",
      "rotated-mnist",
      "split-fashion-mnist",
      "split-cifar10",
      "split-cifar100",
      "directory",
    ]);
    expect(names("models")).toEqual([
      "simple-mlp",
      "mlp",
      "simple-cnn",
      "lenet5",
      "slim-resnet18",
      "onnx",
      "tfjs",
      "pnn",
      "run",
      "checkpoint",
      "path",
    ]);
    expect(names("criteria")).toEqual(["cross-entropy", "bce", "mse", "huber", "focal"]);
    expect(names("optimizers")).toEqual(["sgd", "adam", "adamw", "rmsprop", "adagrad"]);
    expect(names("plugins")).toEqual(expect.arrayContaining(["early-stopping", "replay", "from-scratch", "ewc"]));
    const strategies = ["naive", "cumulative", "joint", "from-scratch", "replay", "ewc"];
    expect(names("strategies")).toEqual(expect.arrayContaining(strategies));
  });
});
