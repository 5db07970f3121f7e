import { describe, expect, test } from "bun:test";
import { parseTrainConfig } from "../../../../src/cli/training/config/train_config_schema.ts";

const CONFIG = {
  version: 1,
  benchmark: { name: "split-mnist", options: {} },
  strategy: { name: "naive", options: {} },
  plugins: [],
  model: { name: "simple-mlp", options: {} },
  optimizer: { name: "sgd", options: {} },
  epochs: 1,
  batchSize: 8,
  evalBatchSize: 8,
  workers: 0,
  logicalShards: 1,
  engine: "auto",
  devices: ["cpu"],
  seed: 0,
  data: null,
};

describe("parseTrainConfig()", () => {
  test("reads how many MiB of features were kept, as runs say that began earlier", () => {
    expect(parseTrainConfig("run", CONFIG).featureCache).toBeUndefined();
    expect(parseTrainConfig("run", { ...CONFIG, featureCacheMiB: 3 }).featureCache).toBe(3 * 2 ** 20);
    expect(parseTrainConfig("run", { ...CONFIG, featureCache: "features" }).featureCache).toBe("features");
    expect("featureCacheMiB" in parseTrainConfig("run", { ...CONFIG, featureCacheMiB: 3 })).toBe(false);
  });

  test("names the file, and the key that is none", () => {
    expect(() => parseTrainConfig("run", { ...CONFIG, featureCash: 3 })).toThrow(
      'config.json: unknown option "featureCash", did you mean featureCache?',
    );
    expect(() => parseTrainConfig("run", { ...CONFIG, featureCacheMiB: "3" })).toThrow(
      'unknown option "featureCacheMiB"',
    );
  });
});
