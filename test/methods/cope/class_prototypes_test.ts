import { describe, expect, test } from "bun:test";
import { ClassPrototypes } from "../../../src/methods/cope/class_prototypes.ts";
import { createOutput } from "../shared/slow_losses.ts";

const rows = {
  targets: Int32Array.of(4, 1, 4, 4),
  targetsTaskLabels: Int32Array.of(0, 0, 6, 0),
};

/** Unit vectors along the axes, in turn. */
function createAxes() {
  let made = 0;
  return () => Float64Array.of(0, 0, 0).with(made++, 1);
}

describe("ClassPrototypes", () => {
  test("numberRows() numbers classes as they come, those of tasks apart", () => {
    const prototypes = new ClassPrototypes();
    expect([...prototypes.numberRows(rows, createAxes())]).toEqual([0, 1, 2, 0]);
    expect([...prototypes.vectors.keys()]).toEqual([0, 1, 2]);
    expect([...prototypes.ofTask(0).keys()]).toEqual([4, 1]);
    expect([...(prototypes.ofTask(6).get(4) ?? [])]).toEqual([0, 0, 1]);
  });

  test("follow() moves the vectors given, at length 1", () => {
    const prototypes = new ClassPrototypes();
    prototypes.numberRows(rows, createAxes());
    prototypes.follow(new Map([[2, Float64Array.of(0, 1, 0)]]), 0.75);
    const length = Math.hypot(0.25, 0.75);
    expect([...(prototypes.ofTask(6).get(4) ?? [])]).toEqual([0, 0.25 / length, 0.75 / length]);
    expect([...(prototypes.ofTask(0).get(4) ?? [])]).toEqual([1, 0, 0]);
  });

  test("score() gives products with the vectors of a row's task, also when they were saved and restored", () => {
    const prototypes = new ClassPrototypes();
    prototypes.numberRows(rows, createAxes());
    const again = new ClassPrototypes();
    again.restore(structuredClone(prototypes.save()));
    const taskRows = { width: 3, taskLabels: Int32Array.of(0, 6) };
    const asked = createOutput([
      [1, 2, 3],
      [1, 2, 3],
    ]);
    const wanted = [-999, 2, -999, -999, 1, -997, -997, -997, -997, 3];
    for (const made of [prototypes, again]) expect([...made.score(asked, taskRows).data]).toEqual(wanted);
  });
});
