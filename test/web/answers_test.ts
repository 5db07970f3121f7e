import { describe, expect, test } from "bun:test";
import { layOutLines } from "../../src/web/browser/accuracy_chart.ts";
import { readAnswer, softmax } from "../../src/web/browser/answers.ts";

const MODEL = { inputs: [], class_names: ["ant", "bee", "cat", "dog"], parameters: {} };

describe("readAnswer()", () => {
  test("names the class of the largest score, and gives the three best their probability", () => {
    const scores = [1, 3, 2, -5];
    const { title, lines } = readAnswer(scores, MODEL);
    expect(title).toBe("bee");
    expect(lines.map(({ name }) => name)).toEqual(["bee", "cat", "ant"]);
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    expect(lines[0]?.share).toBeCloseTo(Math.exp(3) / total, 12);
    expect(lines[0]?.text).toBe(`${((100 * Math.exp(3)) / total).toFixed(1)} %`);
  });

  test("numbers the classes of a file without names", () => {
    expect(readAnswer([0, 2], { inputs: [], parameters: {} }).title).toBe("1");
  });

  test("reads labels above 0, and numbers, by what the file says", () => {
    const parameters = { "firn.targets": "labels", "firn.target_names": '["red","green","blue"]' };
    const labels = readAnswer([2, -1, 0.5], { inputs: [], parameters });
    expect(labels.title).toBe("red, blue");
    expect(labels.lines[0]?.share).toBeCloseTo(1 / (1 + Math.exp(-2)), 12);
    expect(readAnswer([-2, -1, -3], { inputs: [], parameters }).title).toBe("none");
    const values = readAnswer([12.345678, -2], { inputs: [], parameters: { ...parameters, "firn.targets": "values" } });
    expect(values).toEqual({
      title: "12.346",
      lines: [
        { name: "red", text: "12.346", share: undefined },
        { name: "green", text: "-2", share: undefined },
      ],
    });
  });

  test("takes probabilities as they are where a file ends with those", () => {
    const parameters = { "firn.original": '{"probabilities":["Softmax"]}' };
    expect(readAnswer([0.25, 0.75], { inputs: [], parameters }).lines[0]).toEqual({
      name: "1",
      text: "75.0 %",
      share: 0.75,
    });
    const several = { "firn.targets": "labels", "firn.original": '{"probabilities":["Sigmoid"]}' };
    expect(readAnswer([0.25, 0.75, 0.5], { inputs: [], parameters: several }).title).toBe("1");
    const logits = { "firn.original": '{"probabilities":[]}' };
    expect(readAnswer([0, 0], { inputs: [], parameters: logits }).lines[0]?.share).toBe(0.5);
  });

  test("softmax() stays finite for scores that are far apart", () => {
    expect(softmax([1000, 0])).toEqual([1, 0]);
    expect(softmax([-2000, -2000])).toEqual([0.5, 0.5]);
  });
});

describe("layOutLines()", () => {
  test("draws a line for each experience, from the first version that was measured on it", () => {
    const versions = [
      { version: "0", isAccepted: true, accuracies: [{ experience: 0, accuracy: 0.9 }] },
      {
        version: "1",
        isAccepted: false,
        accuracies: [
          { experience: 1, accuracy: 0.8 },
          { experience: 0, accuracy: 0.1 },
        ],
      },
      { version: "2", isAccepted: true, accuracies: [] },
    ];
    const lines = layOutLines(versions);
    expect(lines.map(({ experience }) => experience)).toEqual([0, 1]);
    expect(lines[0]?.points).toEqual([
      { x: 0, accuracy: 0.9, version: "0", isAccepted: true },
      { x: 0.5, accuracy: 0.1, version: "1", isAccepted: false },
    ]);
    expect(lines[1]?.points.map(({ x }) => x)).toEqual([0.5]);
    expect(layOutLines(versions.slice(1)).map(({ experience }) => experience)).toEqual([0, 1]);
    expect(layOutLines(versions.slice(0, 1))[0]?.points[0]?.x).toBe(0.5);
  });
});
