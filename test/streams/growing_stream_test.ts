import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createClassTimeline } from "../../src/streams/class_timeline.ts";
import type { Experience } from "../../src/streams/experience.ts";
import { createGrowingStream } from "../../src/streams/growing_stream.ts";
import { BaseStrategy } from "../../src/training/loop/base_strategy.ts";
import { makeDataset } from "../support/made_dataset.ts";
import { makeTask } from "../support/made_task.ts";
import { makeOptions, withStrategy } from "../training/loop/made_strategy.ts";

describe("createGrowingStream()", () => {
  test("knows of the past what a stream of known length knows, and nothing of what comes", () => {
    const streams = fc.array(fc.array(fc.nat(5), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(streams, (labels) => {
        const stream = createGrowingStream({ name: "months" });
        const made = labels.map((list) => stream.append(makeDataset(list)));
        const wanted = createClassTimeline(labels.map((list) => [...new Set(list)]));
        for (const [index, experience] of made.entries()) {
          const { futureClasses: _, ...past } = wanted[index] ?? { futureClasses: [] };
          expect(experience).toMatchObject({ ...past, futureClasses: [], currentExperience: index });
          expect(experience.originStream).toBe(stream);
        }
        expect([...stream]).toEqual(made);
        expect([...stream.slice(1, 3)]).toEqual(made.slice(1, 3));
        expect(stream.length).toBe(labels.length);
      }),
    );
  });

  test("lets go of experiences, and keeps the numbers of the others", () => {
    const stream = createGrowingStream();
    const [, ...later] = [0, 1, 2].map((id) => stream.append(makeDataset([id]), { name: `month ${id}` }));
    stream.dropPrevious(1);
    expect([...stream]).toEqual(later);
    expect([stream.length, stream.at(2).name]).toEqual([3, "month 2"]);
    expect(() => stream.at(0)).toThrow('"train" needs an experience from 1 to 2, got 0');
    expect(stream.append(makeDataset([0])).previousClasses).toEqual([0, 1, 2]);
    expect(() => stream.dropPrevious(5)).toThrow("dropPrevious() needs a number from 0 to 4, got 5");
  });

  test("is trained from a generator, which makes each experience when the one before it was trained", async () => {
    const steps: string[] = [];
    const stream = createGrowingStream({ classNames: ["0", "1", "2", "3"] });
    function* months(): Generator<Experience> {
      for (const month of ["may", "june"]) {
        steps.push(`made ${month}`);
        yield stream.append(makeTask({ samples: 32, name: month }), { name: month });
      }
    }
    const plugin = { afterTrainingExp: () => void steps.push("trained") };
    await withStrategy(new BaseStrategy({ ...makeOptions(), plugins: [plugin] }), (strategy) =>
      strategy.train(months()),
    );
    expect(steps).toEqual(["made may", "trained", "made june", "trained"]);
  });

  test("refuses data sets without samples, and options that it does not have", () => {
    const stream = createGrowingStream();
    expect(() => stream.append(makeDataset([]))).toThrow(
      'experience 0 of the stream "train" needs at least one sample',
    );
    // @ts-expect-error There is no such option.
    expect(() => createGrowingStream({ named: "x" })).toThrow("name");
  });
});
