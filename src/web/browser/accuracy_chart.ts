/// <reference lib="dom" />
import type { BrowserFunction } from "../assemble_script.ts";
import { make, makeSvg } from "./elements.ts";

/** A version with its accuracy on each experience that was measured. */
export interface MeasuredVersion {
  readonly version: string;
  readonly accuracies: readonly { readonly experience: number; readonly accuracy: number }[];
  /** False for one that was refused: its points are rings. */
  readonly isAccepted: boolean;
}

/** A point of a line: 0 to 1 from left to right, and the accuracy. */
export interface ChartPoint {
  readonly x: number;
  readonly accuracy: number;
  readonly version: string;
  readonly isAccepted: boolean;
}

/** The line of each experience over the versions that were measured on it, in the order of experiences. */
export function layOutLines(
  versions: readonly MeasuredVersion[],
): readonly { readonly experience: number; readonly points: readonly ChartPoint[] }[] {
  const experiences = [...new Set(versions.flatMap(({ accuracies }) => accuracies.map((one) => one.experience)))];
  return experiences
    .sort((a, b) => a - b)
    .map((experience) => ({
      experience,
      points: versions.flatMap(({ version, accuracies, isAccepted }, i) => {
        const found = accuracies.find((one) => one.experience === experience);
        const x = versions.length > 1 ? i / (versions.length - 1) : 0.5;
        return found ? [{ x, accuracy: found.accuracy, version, isAccepted }] : [];
      }),
    }));
}

/** A picture of the accuracy on each experience over versions, with its legend. */
export function drawAccuracies(versions: readonly MeasuredVersion[]): HTMLElement {
  const [width, height, left, right, top, bottom] = [760, 260, 44, 16, 12, 34];
  const lines = layOutLines(versions);
  const toX = (x: number) => left + x * (width - left - right);
  const toY = (accuracy: number) => top + (1 - accuracy) * (height - top - bottom);
  const colour = (i: number) => `hsl(${Math.round((i * 360) / Math.max(6, lines.length) + 210) % 360} 62% 52%)`;
  const grid = [0, 0.25, 0.5, 0.75, 1].flatMap((value) => [
    makeSvg("line", { x1: left, x2: width - right, y1: toY(value), y2: toY(value), class: "grid" }),
    makeSvg("text", { x: left - 8, y: toY(value) + 4, "text-anchor": "end" }, [value.toFixed(2)]),
  ]);
  const every = Math.ceil(versions.length / 20);
  const labels = versions.flatMap(({ version }, i) => {
    const x = toX(versions.length > 1 ? i / (versions.length - 1) : 0.5);
    return i % every === 0 ? [makeSvg("text", { x, y: height - 18, "text-anchor": "middle" }, [version])] : [];
  });
  const axis = makeSvg("text", { x: toX(0.5), y: height - 3, "text-anchor": "middle" }, ["version"]);
  const drawn = lines.flatMap(({ experience, points }, i) => [
    makeSvg("polyline", {
      class: "line",
      stroke: colour(i),
      points: points.map(({ x, accuracy }) => `${toX(x).toFixed(1)},${toY(accuracy).toFixed(1)}`).join(" "),
    }),
    ...points.map(({ x, accuracy, version, isAccepted }) =>
      makeSvg(
        "circle",
        {
          cx: toX(x),
          cy: toY(accuracy),
          r: 4,
          stroke: colour(i),
          "stroke-width": 2,
          fill: isAccepted ? colour(i) : "none",
        },
        [makeSvg("title", {}, [`version ${version}, experience ${experience}: ${accuracy.toFixed(4)}`])],
      ),
    ),
  ]);
  const names = lines.map(({ experience }) => `experience ${experience}`);
  const label = `Accuracy of ${versions.length} versions on ${names.join(", ")}; the table below has the numbers`;
  const svg = makeSvg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": label }, [
    ...grid,
    ...labels,
    axis,
    ...drawn,
  ]);
  const legend = names.map((name, i) => {
    const mark = makeSvg("circle", { cx: 6, cy: 6, r: 5, fill: colour(i) });
    return make("li", [makeSvg("svg", { viewBox: "0 0 12 12", "aria-hidden": "true" }, [mark]), name]);
  });
  return make("div", [svg, make("ul", legend, { class: "legend" })]);
}

/** What a page needs of this file. */
export const CHART_FUNCTIONS: readonly BrowserFunction[] = [layOutLines, drawAccuracies];
