import type { TopLevelSpec } from "vega-lite";

/** A plot of a report. */
export interface Figure {
  /** For file names and anchors: "accuracy-matrix". */
  readonly name: string;
  readonly title: string;
  /** One sentence: what it shows. */
  readonly caption: string;
  readonly spec: TopLevelSpec;
  /** True where it needs the page's whole width. */
  readonly isWide?: boolean;
}

/** What captions say where runs of several seeds are drawn as one. */
export const BAND_CAPTION = "Lines are means over seeds, bands one standard deviation to both sides.";

/** Colours of experiences or runs, told apart on light and on dark ground. */
const PALETTE = [
  "#4c8bd6",
  "#ef8636",
  "#49a35a",
  "#d6525c",
  "#9a77cf",
  "#b98a60",
  "#dd7fbf",
  "#8b8f94",
  "#b3b137",
  "#2fb5c7",
];

/** A colour scale over these names, in their order. */
export function createColorScale(names: readonly string[]) {
  if (names.length <= PALETTE.length) return { domain: [...names], range: PALETTE.slice(0, names.length) };
  return { domain: [...names], scheme: "turbo" as const };
}

/**
 * A layer of lines for each run, a field "run" saying whose a value is. Lines may lie on one another, so the first is
 * drawn widest and shows below the others.
 */
export function layerRuns(names: readonly string[]) {
  const widest = 5;
  return names.map((name, i) => ({
    transform: [{ filter: { field: "run", equal: name } }],
    mark: {
      type: "line" as const,
      point: { size: 36, filled: true },
      strokeWidth: Math.min(widest, 2 + 1.5 * (names.length - 1 - i)),
    },
  }));
}

/** A layer of bands for each of these groups of runs, from the field "low" to the field "high". */
export function layerBands(names: readonly string[]) {
  return names.map((name) => ({
    transform: [{ filter: { field: "run", equal: name } }, { filter: "isValid(datum.low)" }],
    mark: { type: "area" as const, opacity: 0.2, clip: true },
    encoding: { y: { field: "low", type: "quantitative" as const }, y2: { field: "high" } },
  }));
}

/** The axis of shares, 0 to 1 in percent, with as many digits as tell one tick from the next. */
export const shareAxis = { format: "%", tickCount: 5 } as const;

/** The axis of other numbers. */
export const plainAxis = { tickCount: 5 } as const;

/**
 * Colours of shares from 0 to 1 in a heat map: hardly more than the ground at first, white text is read on the last.
 */
export const shareColors = ["rgba(76, 139, 214, 0.1)", "rgba(76, 139, 214, 0.7)", "rgb(11, 61, 122)"];

/** At most `limit` of the values, evenly spread, the last among them. */
export function thinOut<Value>(values: readonly Value[], limit: number): readonly Value[] {
  if (values.length <= limit) return values;
  return Array.from({ length: limit }, (_, i) => Math.round((i * (values.length - 1)) / (limit - 1))).flatMap((i) => {
    const value = values[i];
    return value === undefined ? [] : [value];
  });
}
