import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { areClassIds, findClassIds, nameByIds, numberClasses } from "../../../src/data/readers/class_names.ts";
import { joinLabels, LabelCollector, tabulateLabels } from "../../../src/data/readers/label_table.ts";

function number(parts: readonly (readonly (string | number)[])[], known?: readonly string[]) {
  const named = parts.map((labels, i) => ({ path: `file ${i}`, labels: tabulateLabels(labels, `file ${i}`) }));
  const { classNames, classIds } = numberClasses(named, { classNames: known });
  return { classNames, classIds: classIds.map((ids) => Array.from(ids)) };
}

describe("numberClasses()", () => {
  test("gives every row the id of its own label, ids dense and ascending", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: -9, max: 70_000 })), { minLength: 1 }), (parts) => {
        const { classNames, classIds } = number(parts);
        expect(classNames).toEqual([...new Set(parts.flat())].sort((a, b) => a - b).map(String));
        expect(classIds.map((ids) => ids.map((id) => Number(classNames[id])))).toEqual(parts);
      }),
    );
  });

  test("compares numbers by value, unless another label is none or their digits are too many for a double", () => {
    const same = number([
      ["0", "1", "-0"],
      ["0.0", "1e0", "01", "+1.", "10"],
    ]);
    expect(same).toEqual({
      classNames: ["0", "1", "10"],
      classIds: [
        [0, 1, 0],
        [0, 1, 1, 1, 2],
      ],
    });
    expect(number([["0.50", ".5", "2"]]).classNames).toEqual(["0.5", "2"]);
    expect(number([["0", "0.0", "cat"]]).classNames).toEqual(["0", "0.0", "cat"]);
    expect(number([["0b101", "5"]]).classNames).toEqual(["0b101", "5"]);
    expect(number([["0x5", "5"]]).classNames.length).toBe(2);
    expect(number([["9007199254740993", "9007199254740992"]]).classNames.length).toBe(2);
  });

  test("keeps the ids of 0 to n - 1 and the natural order of names", () => {
    expect(number([[2, 0, 1]])).toEqual({ classNames: ["0", "1", "2"], classIds: [[2, 0, 1]] });
    expect(number([["exp10", "Exp", "exp9"]]).classNames).toEqual(["Exp", "exp9", "exp10"]);
    expect(areClassIds(nameByIds(11))).toBe(true);
    expect([areClassIds(["1", "0"]), areClassIds(["0", "cat"])]).toEqual([false, false]);
  });

  test("holds to the ids that labels have already, and refuses other labels by file", () => {
    expect(number([["b"], ["a", "b"]], ["c", "b", "a"])).toEqual({
      classNames: ["c", "b", "a"],
      classIds: [[1], [2, 1]],
    });
    expect(number([["2.0"]], ["1", "2"]).classIds).toEqual([[1]]);
    expect(() => number([["2.0"]], ["1", "2", "cat"])).toThrow('file 0: the class must be one of ["1", "2", "cat"]');
    expect(() => number([[1], [3]], ["1", "2"])).toThrow('file 1: the class must be one of ["1", "2"], got "3"');
    expect(() => number([], ["1", "1.0"])).toThrow('classNames must be different, got "1" twice');
  });

  test("refuses more labels than there can be classes", () => {
    const labels = Array.from({ length: 65_537 }, (_, id) => id);
    expect(() => tabulateLabels(labels, "y.npy")).toThrow("y.npy: there must be at most 65536 classes");
    const halves = [labels.slice(0, 40_000), labels.slice(40_000)].map((part) => tabulateLabels(part, "y.npy"));
    expect(() => joinLabels(halves, "day1")).toThrow("day1: there must be at most 65536 classes");
    expect(() => numberClasses(halves.map((part) => ({ path: "day1", labels: part })))).toThrow(
      "at most 65536 classes",
    );
  });
});

describe("joinLabels()", () => {
  test("keeps every row's label", () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.constantFrom("a", "b", "c"))), (parts) => {
        const { names, places } = joinLabels(
          parts.map((part) => tabulateLabels(part, "x")),
          "x",
        );
        expect(Array.from(places, (place) => names[place] ?? "")).toEqual(parts.flat());
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe("LabelCollector", () => {
  test("holds the labels that were added, fewer than there is room for", () => {
    const labels = new LabelCollector("x", 10);
    for (const label of ["b", "a", "b"]) labels.add(label);
    expect(labels.finish()).toEqual({ names: ["b", "a"], places: Int32Array.of(0, 1, 0) });
  });
});

describe("findClassIds()", () => {
  test("finds labels as they are listed, numbers by value", () => {
    expect(findClassIds("classOrder", ["b", "a"], ["a", "b"])).toEqual([1, 0]);
    expect(findClassIds("classOrder", [7, "007", 7.5], ["007", "7.5", "x"])).toEqual([0, 0, 1]);
    expect(() => findClassIds("classOrder", ["c"], ["a", "b"])).toThrow(
      'classOrder: the class must be one of ["a", "b"], got "c"',
    );
  });
});
