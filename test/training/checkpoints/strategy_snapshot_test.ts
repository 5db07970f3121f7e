import { describe, expect, test } from "bun:test";
import { RefusalError } from "../../../src/core/errors/errors.ts";
import { count, declareState, idSet } from "../../../src/core/state/state.ts";
import { EWCPlugin } from "../../../src/methods/ewc/ewc_plugin.ts";
import { Naive } from "../../../src/methods/naive/naive.ts";
import { collectSources } from "../../../src/streams/benchmark.ts";
import { snapshotSchema } from "../../../src/training/checkpoints/snapshot_schema.ts";
import {
  restoreSnapshot,
  type StrategySnapshot,
  takeSnapshot,
} from "../../../src/training/checkpoints/strategy_snapshot.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";
import { makeBenchmark, makeOptions, withStrategy } from "../loop/made_strategy.ts";

const benchmark = makeBenchmark();

/** What restoring a strategy fails with, after `change` of what it saved once it was trained. */
function failOn(plugin: StrategyPlugin, change: (snapshot: StrategySnapshot) => StrategySnapshot): Promise<unknown> {
  const strategy = new Naive(makeOptions({ plugins: [plugin] }));
  return withStrategy(strategy, async () => {
    await strategy.train(benchmark.trainStream.at(0));
    const changed = change(takeSnapshot(strategy));
    return restoreSnapshot(strategy, changed, collectSources(benchmark)).catch((error: unknown) => error);
  });
}

/** The snapshot with another state of the plugin of that name. */
function setState(snapshot: StrategySnapshot, name: string, state: object): StrategySnapshot {
  const plugins = snapshot.plugins.map((saved) =>
    saved.name === name ? { name, state: { ...(saved.state as object), ...state } } : saved,
  );
  return { ...snapshot, plugins };
}

describe("restoreSnapshot()", () => {
  test("refuses a plugin's vector of another length by the plugin's name", async () => {
    const error = await failOn(new EWCPlugin({ lambda: 1 }), (snapshot) =>
      setState(snapshot, "EWCPlugin", { penalty: { a: new Float32Array(1), b: new Float32Array(1), scale: 1 } }),
    );
    expect(error).toBeInstanceOf(RefusalError);
    expect(String(error)).toContain("EWCPlugin");
  });

  test("refuses what a plugin cannot read, and passes on what is no fault of the state", async () => {
    const create = (thrown: Error): StrategyPlugin => ({
      name: "mine",
      saveState: () => null,
      restoreState: () => {
        throw thrown;
      },
    });
    const refused = await failOn(create(new TypeError("x is not iterable")), (snapshot) => snapshot);
    expect(refused).toBeInstanceOf(RefusalError);
    expect(String(refused)).toContain("mine cannot be restored from its saved state: x is not iterable");
    const lost = new Error("replica 1 is lost");
    expect(await failOn(create(lost), (snapshot) => snapshot)).toBe(lost);
  });

  test("goes on at the loss scale that it was saved at", async () => {
    const cluster = { workers: 0, engine: "onnxruntime", precision: "float16", anyDevicePrecision: true } as const;
    const strategy = new Naive({ ...makeOptions(), cluster });
    await withStrategy(strategy, async () => {
      await strategy.train(benchmark.trainStream.at(0));
      const { lossScale } = strategy.cluster;
      const snapshot = takeSnapshot(strategy);
      const saved = { value: 2 ** 16, goodSteps: strategy.clock.trainIterations };
      expect(snapshot.lossScale).toEqual(saved);
      expect(snapshotSchema.parse(snapshot).lossScale).toEqual(saved);
      lossScale.follow(true);
      await restoreSnapshot(strategy, snapshot, collectSources(benchmark));
      expect(lossScale.save()).toEqual(saved);
    });
  });

  test("saves and restores the state that a plugin declares", async () => {
    const state = declareState("mine", { steps: count(), seen: idSet() });
    const plugin: StrategyPlugin = {
      name: "mine",
      state,
      afterTrainingIteration: () => {
        state.steps += 1;
        state.seen.add(state.steps);
      },
    };
    const saved: unknown[] = [];
    const result = await failOn(plugin, (snapshot) => {
      saved.push(...snapshot.plugins.filter(({ name }) => name === "mine"));
      state.reset();
      return snapshot;
    });
    expect(result).toBeUndefined();
    expect(state.steps).toBeGreaterThan(0);
    expect(saved).toEqual([{ name: "mine", state: { steps: state.steps, seen: [...state.seen] } }]);
    const refused = await failOn(plugin, (snapshot) => setState(snapshot, "mine", { steps: -1 }));
    expect(String(refused)).toContain("the saved state of mine needs a count as steps, got -1");
  });

  test("a plugin that declares its state and saves one by itself is refused when a strategy is made", () => {
    const plugin = { name: "mine", state: declareState("mine", {}), saveState: () => null };
    const message = "mine must have either state or saveState and restoreState, got both";
    expect(() => new Naive(makeOptions({ plugins: [plugin] }))).toThrow(message);
  });

  test("refuses vectors of another length before it changes anything", async () => {
    const error = await failOn({ name: "none" }, (snapshot) => ({ ...snapshot, parameters: new Float32Array(1) }));
    expect(String(error)).toContain("parameters must have 92 values, got 1");
  });
});
