import { describe, expect, test } from "bun:test";
import { createNamed, resolveNamed } from "../../src/cli/options/named_factory.ts";
import { PLUGINS } from "../../src/cli/registries/plugins.ts";
import type { Benchmark } from "../../src/streams/experience.ts";
import { makeBenchmark } from "../training/loop/made_strategy.ts";

const bare = makeBenchmark();
const validated = { ...bare, streams: new Map([...bare.streams, ["valid", bare.testStream]]) };
const make = (text: string, benchmark: Benchmark = validated) =>
  createNamed(PLUGINS, resolveNamed(PLUGINS, text), { benchmark, runFolder: () => "" });

describe("the plugin lr-scheduler", () => {
  test("is made for every schedule with its own options", async () => {
    for (const text of [
      "lr-scheduler:warmUpSteps=5,warmUpStart=0.1,granularity=iteration",
      "lr-scheduler:schedule=step,stepSize=2,gamma=0.5",
      "lr-scheduler:schedule=multi-step,milestones=2|4,firstExperienceOnly=true",
      "lr-scheduler:schedule=exponential,gamma=0.9",
      "lr-scheduler:schedule=cosine,steps=10,minimum=0.1,resetScheduler=false",
    ]) {
      expect((await make(text)).plugin.name).toBe("LRSchedulerPlugin");
    }
    const { plugin, evalEvery } = await make("lr-scheduler:schedule=plateau,metric=val-loss,patience=2,evalEvery=3");
    expect([plugin.name, evalEvery]).toEqual(["ReduceLROnPlateauPlugin", 3]);
    expect((await make("lr-scheduler:schedule=plateau")).evalEvery).toBeUndefined();
  });

  test("refuses what a schedule needs and lacks, or does not take", async () => {
    await expect(make("lr-scheduler:schedule=step")).rejects.toThrow("lr-scheduler: schedule=step requires stepSize");
    await expect(make("lr-scheduler:schedule=exponential")).rejects.toThrow(
      "lr-scheduler: schedule=exponential requires gamma",
    );
    await expect(make("lr-scheduler:schedule=cosine,steps=3,gamma=0.5")).rejects.toThrow(
      "is no option of schedule=cosine; its options: ",
    );
    await expect(make("lr-scheduler:schedule=plateau,warmUpSteps=3")).rejects.toThrow(
      "warmUpSteps is no option of schedule=plateau",
    );
  });

  test("refuses to watch a validation loss that nothing measures", async () => {
    await expect(make("lr-scheduler:schedule=plateau,metric=val-loss", bare)).rejects.toThrow(
      `metric=val-loss requires a validation stream, ${bare.name} has none (its option validationSize=0.1 makes one)`,
    );
    expect((await make("lr-scheduler:schedule=plateau,metric=train-loss", bare)).evalEvery).toBeUndefined();
  });
});
