import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RefusalError } from "../../src/core/errors/errors.ts";
import { hashParameters } from "../../src/core/hashing/hash_parameters.ts";
import { createArrayDataset } from "../../src/data/array_dataset.ts";
import type { KeptSource } from "../../src/data/kept_samples.ts";
import { EWC } from "../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../src/methods/naive/naive.ts";
import { Replay, ReplayPlugin } from "../../src/methods/replay/replay_plugin.ts";
import { mlp } from "../../src/models/simple_mlp.ts";
import { SGD } from "../../src/optimizers/sgd.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/runs/checkpoints/checkpoint_codec.ts";
import { type LoadStrategyOptions, loadStrategy } from "../../src/saving/load_strategy.ts";
import { saveStrategy } from "../../src/saving/save_strategy.ts";
import { createDatasetBenchmark } from "../../src/streams/benchmarks/dataset_benchmark.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import type { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { createClassMask } from "../../src/training/losses/class_mask.ts";
import { nameCriterion } from "../../src/training/losses/criteria.ts";
import { CrossEntropyLoss } from "../../src/training/losses/cross_entropy_loss.ts";
import { FocalLoss } from "../../src/training/losses/focal_loss.ts";
import { MSELoss } from "../../src/training/losses/regression_losses.ts";
import { SMALL_MLP } from "../support/made_cluster.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

const benchmark = makeBenchmark();
let folder = "";
let file = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "firn-saved-"));
  file = join(folder, "strategy.safetensors");
});
afterAll(() => rm(folder, { recursive: true }));

/** The strategy is trained on the first experience and saved. */
async function save(strategy: BaseStrategy, { trainStream }: Pick<Benchmark, "trainStream"> = benchmark) {
  await withStrategy(strategy, async () => {
    await strategy.train(trainStream.at(0));
    await saveStrategy(strategy, file);
  });
}

/** Images that are augmented in training, in two posts of one name. */
function makePosts(): Benchmark {
  const posts = [0, 1].map((post) => {
    const x = Uint8Array.from({ length: 40 * 16 }, (_, i) => (i * 37 + post * 11) % 256);
    const y = Array.from({ length: 40 }, (_, i) => (i + post) % 2);
    const transforms = [{ kind: "scale", factor: 1 / 255, offset: 0 } as const];
    const augmentation = { cropPadding: 1, flip: true };
    return createArrayDataset({ name: "post", x, y, sampleShape: [4, 4, 1], transforms, augmentation });
  });
  return createDatasetBenchmark({ name: "posts", train: posts, test: posts });
}

const makeReplay = () => {
  const model = mlp({ ...SMALL_MLP, inputShape: [4, 4, 1], numClasses: 2 });
  return new Replay({ ...makeOptions({ model }), memSize: 12 });
};

function listSources(bytes: Uint8Array): readonly KeptSource[] {
  const { sources } = decodeCheckpoint(bytes) as unknown as { readonly sources: readonly KeptSource[] };
  return sources;
}

describe("saveStrategy()", () => {
  test("writes the samples of memories once, in their type, and no others", async () => {
    const posts = makePosts();
    await withStrategy(makeReplay(), async (strategy) => {
      await strategy.train(posts.trainStream);
      await saveStrategy(strategy, file);
      const sources = listSources(await readFile(file));
      expect(sources.map(({ name }) => name)).toEqual(["post", "post (2)"]);
      expect(sources.every(({ x }) => x instanceof Uint8Array)).toBe(true);
      expect(sources.reduce((rows, { y }) => rows + y.length, 0)).toBe(12);
      expect(await readdir(folder)).toEqual(["strategy.safetensors"]);
    });
  });

  test("keeps what augmentation draws for each sample, and sources of one name apart", async () => {
    const posts = makePosts();
    await withStrategy(makeReplay(), async (strategy) => {
      await strategy.train(posts.trainStream);
      await saveStrategy(strategy, file);
      await strategy.train(posts.trainStream);
      const loaded = await loadStrategy(file, { cluster: { workers: 0 } });
      await withStrategy(loaded, async () => {
        await loaded.train(posts.trainStream);
        expect(hashParameters(loaded.parameters)).toBe(hashParameters(strategy.parameters));
      });
    });
  });

  test("writes the same file again when it was loaded", async () => {
    await save(makeReplay(), makePosts());
    const bytes = await readFile(file);
    const loaded = await loadStrategy(file, { cluster: { workers: 0 } });
    await withStrategy(loaded, () => saveStrategy(loaded, file));
    expect(await readFile(file)).toEqual(bytes);
  });

  test("keeps names of classes, settings, an assigned optimizer and a learning rate", async () => {
    const x = new Float32Array(24);
    const posted = createArrayDataset({ name: "posted", x, y: [7, 9, 7, 9], sampleShape: [6] });
    const named = createDatasetBenchmark({ name: "posted", train: [posted], test: [posted] });
    const strategy = new Naive(makeOptions());
    strategy.trainMbSize = 3;
    strategy.optimizer = new SGD({ learningRate: 0.25, momentum: 0.5 });
    await save(strategy, named);
    const loaded = await loadStrategy(file);
    await withStrategy(loaded, async () => {
      expect(loaded.trainMbSize).toBe(3);
      expect(loaded.optimizer).toMatchObject({ learningRate: 0.25, spec: { kind: "sgd", momentum: 0.5 } });
      expect(["7", "9"]).toContain((await loaded.predict([[0, 0, 0, 0, 0, 0]])).names[0] ?? "");
      await expect(loaded.train(benchmark.trainStream)).rejects.toThrow('"7"');
    });
  });

  test("keeps what numbers are predicted", async () => {
    const values = [
      [1, 2],
      [3, 4],
    ];
    const targetNames = ["price", "weight"];
    const priced = createArrayDataset({
      name: "priced",
      x: new Float32Array(12),
      values,
      targetNames,
      sampleShape: [6],
    });
    const numbers = createDatasetBenchmark({ name: "priced", train: [priced], test: [priced] });
    const model = mlp({ ...SMALL_MLP, numClasses: 2 });
    await save(new Naive(makeOptions({ model, criterion: new MSELoss() })), numbers);
    const loaded = await loadStrategy(file);
    await withStrategy(loaded, async () => {
      expect(await loaded.predict(priced)).toMatchObject({ kind: "values", columns: targetNames });
    });
  });

  test("is refused while something goes on", async () => {
    await withStrategy(new Naive(makeOptions()), async (strategy) => {
      for (const [begin, other] of [
        [() => strategy.train(benchmark.trainStream), "train"],
        [() => strategy.eval(benchmark.testStream), "eval"],
        [() => strategy.predict(benchmark.testStream.at(0).dataset), "predict"],
      ] as const) {
        const going = begin();
        const sentence = `saveStrategy() was called while ${other}() goes on`;
        await expect(saveStrategy(strategy, file)).rejects.toThrow(sentence);
        await going;
      }
    });
  });
});

describe("loadStrategy()", () => {
  const options = () => makeOptions({ cluster: { workers: 0, logicalShards: 1 } });
  const refuse = async (sentence: string, given: LoadStrategyOptions = {}, name = file) => {
    const refusal = await loadStrategy(name, given).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(RefusalError);
    expect(String(refusal)).toContain(name);
    expect(String(refusal)).toContain(sentence);
  };

  test("makes a criterion of the library again, goes on with it, and refuses another", async () => {
    for (const criterion of [
      new CrossEntropyLoss({ classWeights: "balanced", labelSmoothing: 0.1 }),
      new FocalLoss({ gamma: 1, alpha: [1, 2, 3, 4] }),
    ]) {
      const make = () => new Replay({ ...options(), memSize: 9, criterion });
      await save(make());
      const again = await loadStrategy(file);
      const wanted = await withStrategy(make(), async (strategy) => {
        await strategy.train(benchmark.trainStream);
        return hashParameters(strategy.parameters);
      });
      await withStrategy(again, async (strategy) => {
        expect(nameCriterion(strategy.options.criterion)).toEqual(nameCriterion(criterion));
        await strategy.train(benchmark.trainStream.at(1));
        expect(hashParameters(strategy.parameters)).toBe(wanted);
      });
      await refuse("criterion must be as it was when it was saved, ", { criterion: new CrossEntropyLoss() });
      await (await loadStrategy(file, { criterion })).close();
    }
    await save(new Naive(options()));
    const got = 'criterion must be as it was when it was saved, "cross-entropy {\\"labelSmoothing\\":0}", got "focal';
    await refuse(got, { criterion: new FocalLoss() });
  });

  test("takes plugins, a criterion and strategies made anew, and refuses others", async () => {
    const classMask = (size: number) => createClassMask([0, 1, 2, 3], size);
    const criterion = new CrossEntropyLoss({ classMask });
    await save(new Naive({ ...options(), plugins: [new ReplayPlugin({ memSize: 9 })], criterion }));
    await refuse('plugins must be as it was when it was saved, "ReplayPlugin", got "none"');
    await refuse("criterion must be given, made anew as it was: CrossEntropyLoss", { plugins: [new ReplayPlugin()] });
    const loaded = await loadStrategy(file, { plugins: [new ReplayPlugin({ memSize: 9 })], criterion });
    await loaded.close();
    class Mine extends EWC {}
    await save(new Mine({ ...options(), lambda: 2 }));
    await refuse("it holds a strategy of the class Mine, which this function cannot make; make it anew");
    await refuse('strategy must be as it was when it was saved, "Mine", got "Naive"', {
      strategy: new Naive(options()),
    });
    await refuse("seed must be as it was when it was saved, 0, got 1", {
      strategy: new Mine({ ...options(), lambda: 2, seed: 1 }),
    });
    const wider = mlp({ ...SMALL_MLP, hiddenSize: 9 });
    await refuse("it holds another model: its weights have the shapes [[[6,8],[8],[8,4],[4]],[]]", {
      strategy: new Mine({ ...options(), model: wider, lambda: 2 }),
    });
    const strategy = new Mine({ ...options(), lambda: 2 });
    await refuse("strategy must be given alone, got plugins, too", { strategy, plugins: [] });
    expect(await loadStrategy(file, { strategy })).toBe(strategy);
    await strategy.close();
  });

  test("refuses files that are damaged, of another kind or version, or not there", async () => {
    await save(new Naive(options()));
    const bytes = await readFile(file);
    const write = async (changed: Uint8Array) => {
      const name = join(folder, "changed.safetensors");
      await writeFile(name, changed);
      return name;
    };
    const damaged = Uint8Array.from(bytes);
    damaged[damaged.length - 3] = (damaged[damaged.length - 3] ?? 0) ^ 1;
    await refuse("damaged checkpoint", {}, await write(damaged));
    await refuse("no checkpoint: it is empty", {}, await write(new Uint8Array(0)));
    const text = new TextEncoder().encode("Grüße: another text, and longer than a beginning");
    await refuse('no checkpoint: it begins with "Gr', {}, await write(text.subarray(0, 2)));
    await refuse('no checkpoint: it begins with "Grüße: another text, and longer ', {}, await write(text));
    await refuse("it holds no strategy that saveStrategy wrote", {}, await write(encodeCheckpoint({ config: {} })));
    const state = Object(decodeCheckpoint(bytes));
    await refuse("version must be 1, got 2", {}, await write(encodeCheckpoint({ ...state, version: 2 })));
    await refuse(
      "seed is missing",
      {},
      await write(encodeCheckpoint({ ...state, options: { ...state.options, seed: undefined } })),
    );
    await refuse("there is no such file", {}, join(folder, "nothing"));
    await refuse("is no file", {}, folder);
  });
});
