import { describe, expect, test } from "bun:test";
import { createForgettingFigure, createStreamAccuracyFigure } from "../../src/report/figures/accuracy_figures.ts";
import { layerRuns } from "../../src/report/figures/figure.ts";
import { createLossFigure } from "../../src/report/figures/loss_figure.ts";
import { renderFigure } from "../../src/report/render_figure.ts";
import type { MetricPoint, ReportedRun } from "../../src/report/reported_run.ts";

function makeRun(name: string, accuracies: readonly number[]): ReportedRun {
  const experiences = accuracies.map((streamAccuracy, index) => ({
    index,
    classes: [],
    examples: 1,
    epochs: 1,
    trainSeconds: 1,
    evalSeconds: 1,
    testAccuracy: [],
    streamAccuracy,
    onnx: null,
  }));
  const rest = { error: undefined, config: {}, final: null, trainExamplesPerSecond: undefined, parametersHash: null };
  const testExperiences = undefined;
  return { name, folder: "", status: "finished", experiences, testExperiences, metrics: new Map(), ...rest };
}

describe("layerRuns()", () => {
  test("draws earlier runs wider, so that lines which lie on one another all show", async () => {
    expect(layerRuns(["a", "b", "c", "d"]).map(({ mark }) => mark.strokeWidth)).toEqual([5, 5, 3.5, 2]);
    expect(layerRuns(["a"]).map(({ mark }) => mark.strokeWidth)).toEqual([2]);
    const figure = createStreamAccuracyFigure([makeRun("first", [0.5, 0.7]), makeRun("second", [0.5, 0.7])]);
    const svg = figure ? await renderFigure(figure.spec) : "";
    const widths = [...svg.matchAll(/<path[^>]* d="M[^"]*L[^"]*"[^>]*stroke="#[0-9a-f]{6}" stroke-width="([\d.]+)"/g)];
    expect(widths.map(([, width]) => width)).toEqual(["3.5", "2"]);
    for (const name of ["first", "second"]) expect(svg).toContain(`>${name}</text>`);
  });
});

describe("createForgettingFigure()", () => {
  test("labels its axis with as many digits as its range needs, no label twice", async () => {
    const draw = async (values: readonly number[]): Promise<string[]> => {
      const figure = createForgettingFigure([makeRun("made", values)], () => values);
      const svg = figure ? await renderFigure(figure.spec) : "";
      return [...svg.matchAll(/>([−\d.]+%)<\/text>/g)].map(([, label]) => label ?? "");
    };
    expect(await draw([0, 0.5, 0.9])).toEqual(["0%", "20%", "40%", "60%", "80%"]);
    expect(await draw([0, 0.01, 0.02])).toEqual(["0.0%", "0.5%", "1.0%", "1.5%", "2.0%"]);
    for (const values of [
      [0, 0.001],
      [0.5, 0.503],
      [-0.02, 0.004],
      [0.1, 0.12, 0.11],
      [0, 0],
    ]) {
      const labels = await draw(values);
      expect(labels.length).toBeGreaterThan(0);
      expect(new Set(labels).size).toBe(labels.length);
    }
  });
});

describe("createLossFigure()", () => {
  const draw = async (losses: readonly number[]): Promise<string> => {
    const series: readonly MetricPoint[] = losses.map((value, step) => ({ step, value, experience: 0 }));
    const metrics = new Map([["Loss_Stream/eval_phase/test_stream", series]]);
    const figure = createLossFigure([{ ...makeRun("made", []), metrics }]);
    return figure ? renderFigure(figure.spec) : "";
  };

  test("keeps small losses apart, when others are hundreds", async () => {
    const [first, second] = [await draw([0.5, 2]), await draw([800, 0.5, 2])];
    expect(first).not.toContain("logarithmic");
    expect(second).toContain(">loss (logarithmic)</text>");
    const [line = ""] = /<path[^>]* d="(M[^"]*L[^"]*)"[^>]*stroke="#[0-9a-f]{6}"/.exec(second)?.slice(1) ?? [];
    const heights = [...line.matchAll(/[ML][\d.]+,([\d.]+)/g)].map(([, y]) => Number(y));
    expect(heights.length).toBe(3);
    // A linear axis of 220 points would have them half a point apart.
    expect((heights[1] ?? 0) - (heights[2] ?? 0)).toBeGreaterThan(10);
  });
});
