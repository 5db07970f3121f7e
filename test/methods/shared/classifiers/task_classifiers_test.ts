import { describe, expect, test } from "bun:test";
import { FeCAMClassifier } from "../../../../src/methods/fecam/fecam_classifier.ts";
import { NCMClassifier } from "../../../../src/methods/shared/classifiers/ncm_classifier.ts";
import { TaskClassifiers } from "../../../../src/methods/shared/classifiers/task_classifiers.ts";
import { createOutput } from "../slow_losses.ts";

const createNearest = () => new NCMClassifier({ normalize: false });

/** Class 0 at 0 and class 1 at 10 in task 3, and the other way round in task 5. */
const features = new Map([
  [
    3,
    new Map([
      [0, createOutput([[0]])],
      [1, createOutput([[10]])],
    ]),
  ],
  [
    5,
    new Map([
      [0, createOutput([[10]])],
      [1, createOutput([[0]])],
    ]),
  ],
]);

const asked = createOutput([[1], [1], [1]]);
const rows = { width: 2, taskLabels: Int32Array.of(3, 5, 8) };

describe("TaskClassifiers", () => {
  test("score() compares with the means of a row's task, also when they were saved and restored", () => {
    const classifiers = new TaskClassifiers(createNearest);
    classifiers.learn(features);
    const again = new TaskClassifiers(createNearest);
    again.restore(structuredClone(classifiers.save()));
    for (const made of [classifiers, again])
      expect([...made.score(asked, rows).data]).toEqual([-1, -9, -9, -1, -1, -1]);
  });

  test("add() and learn() change the classes of the tasks given, and of no other", () => {
    const classifiers = new TaskClassifiers(createNearest);
    classifiers.learn(features);
    const more = new Map([[5, new Map([[1, createOutput([[4]])]])]]);
    classifiers.add(more);
    expect([...classifiers.score(asked, rows).data]).toEqual([-1, -9, -9, -1, -1, -1]);
    classifiers.learn(more);
    expect([...classifiers.score(asked, rows).data]).toEqual([-1, -9, -9, -3, -1, -3]);
  });

  test("describeHead() gives a head a task, the only one where there is one, and none before", () => {
    const classifiers = new TaskClassifiers(createNearest);
    expect(classifiers.describeHead("features")).toBeUndefined();
    classifiers.learn(new Map([...features].slice(0, 1)));
    expect(classifiers.describeHead("features")?.kind).toBe("nearestMean");
    classifiers.learn(features);
    const head = classifiers.describeHead("features");
    expect(head?.kind === "byTask" ? [...head.heads.keys()] : head?.kind).toEqual([3, 5]);
  });

  test("refuses what its classifiers refuse, when it is made", () => {
    expect(() => new TaskClassifiers(() => new FeCAMClassifier({ tukeyLambda: 2 }))).toThrow("tukeyLambda");
  });
});
