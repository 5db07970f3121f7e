import { describe, expect, test } from "bun:test";
import { createStreamAccuracyFigure } from "../../src/report/figures/accuracy_figures.ts";
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
  return { name, folder: "", status: "finished", experiences, metrics: new Map(), ...rest };
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
