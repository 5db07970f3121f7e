import { describe, expect, test } from "bun:test";
import { Dataset } from "../../src/data/dataset.ts";
import { createStream } from "../../src/streams/stream.ts";
import { makeDataset } from "../support/made_dataset.ts";

/** A stream of three experiences with the classes 0 1, 1 2 and 0. */
function makeStream() {
  return createStream(
    "made",
    [[1, 0, 1], [2, 1], [0]].map((labels) => ({ dataset: makeDataset(labels) })),
  );
}

describe("createStream()", () => {
  test("finds the classes of its samples, repeated ones too", () => {
    const views = [...makeStream()].map((experience) => [
      experience.classesInThisExperience,
      experience.previousClasses,
      experience.classesSeenSoFar,
      experience.futureClasses,
    ]);
    expect(views).toEqual([
      [[0, 1], [], [0, 1], [2]],
      [[1, 2], [0, 1], [0, 1, 2], []],
      [[0], [0, 1, 2], [0, 1, 2], []],
    ]);
  });

  test("slice() keeps numbers and origin, and at() gives one object per experience", () => {
    const stream = makeStream();
    const slice = stream.slice(1).slice(0, -1);
    expect([slice.name, slice.length, slice.at(0).currentExperience]).toEqual(["made", 1, 1]);
    expect(slice.at(0)).toBe(stream.at(1));
    expect(slice.at(0).originStream).toBe(stream);
    expect([...stream.slice(3)]).toEqual([]);
    expect(() => slice.at(1)).toThrow('"made" needs an experience from 0 to 0, got 1');
    expect(() => stream.at(-1)).toThrow("got -1");
  });

  test("refuses an experience without samples, by its number", () => {
    expect(() => createStream("made", [{ dataset: makeDataset([1]) }, { dataset: Dataset.empty() }])).toThrow(
      'stream "made" needs at least one sample in experience 1, got 0',
    );
  });

  test("taskLabel is refused where an experience has several, and taskLabels lists them", () => {
    const dataset = Dataset.concat([makeDataset([0], { taskLabel: 4 }), makeDataset([0], { taskLabel: 2 })]);
    const experience = createStream("made", [{ dataset }]).at(0);
    expect(experience.taskLabels).toEqual([2, 4]);
    expect(() => experience.taskLabel).toThrow("exactly one task label (see taskLabels), got [2, 4]");
  });
});
