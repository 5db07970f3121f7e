import { describe, expect, test } from "bun:test";
import { createClassIncrementalBenchmark } from "../../src/streams/benchmarks/class_incremental.ts";
import { joinExperiences } from "../../src/streams/joint_experience.ts";
import { listSamples } from "../support/made_dataset.ts";
import { makeTask } from "../support/made_task.ts";

const { trainStream } = createClassIncrementalBenchmark({
  name: "made",
  train: makeTask({ samples: 32 }),
  test: makeTask({ samples: 16 }),
  numClasses: 4,
  experiences: 4,
  shuffle: false,
  taskLabels: true,
  normalization: { scale: 1, mean: [], std: [] },
  sampleShape: [6],
});

describe("joinExperiences()", () => {
  test("is one experience with everything, when given the whole stream", () => {
    const joint = joinExperiences([...trainStream]);
    expect(listSamples(joint.dataset)).toEqual([...trainStream].flatMap(({ dataset }) => listSamples(dataset)));
    expect(joint.classesInThisExperience).toEqual([0, 1, 2, 3]);
    expect(joint.classesSeenSoFar).toEqual([0, 1, 2, 3]);
    expect([joint.previousClasses, joint.futureClasses]).toEqual([[], []]);
    expect(joint.currentExperience).toBe(3);
    expect(joint.originStream).toBe(trainStream);
    expect(joint.taskLabels).toEqual([0, 1, 2, 3]);
    expect(() => joint.taskLabel).toThrow("exactly one task label");
  });

  test("keeps what lies before and after, when given the middle in any order", () => {
    const joint = joinExperiences([trainStream.at(2), trainStream.at(1)]);
    expect(joint).toMatchObject({ currentExperience: 2, previousClasses: [0], futureClasses: [3] });
    expect(joint.classesInThisExperience).toEqual([1, 2]);
    expect(joint.classesSeenSoFar).toEqual([0, 1, 2]);
  });

  test("refuses to join nothing", () => {
    expect(() => joinExperiences([])).toThrow("a joint experience needs at least one");
  });
});
