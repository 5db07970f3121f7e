import type { Config, TopLevelSpec } from "vega-lite";
import { escapeControlsInLines } from "../core/errors/printable.ts";

/** Texts and lines take the colour of what they stand in, so that one picture serves light and dark pages. */
const config: Config = {
  background: "transparent",
  font: "system-ui, sans-serif",
  view: { stroke: null },
  axis: {
    domainColor: "currentColor",
    domainOpacity: 0.3,
    gridColor: "currentColor",
    gridOpacity: 0.12,
    labelColor: "currentColor",
    labelFontSize: 11,
    tickColor: "currentColor",
    tickOpacity: 0.3,
    titleColor: "currentColor",
    titleFontSize: 11,
    titleFontWeight: "normal",
    titleOpacity: 0.75,
  },
  axisBand: { grid: false, domain: false, ticks: false },
  legend: {
    // Above the plot, so that it takes nothing of its width.
    orient: "top",
    direction: "horizontal",
    columns: 4,
    labelLimit: 220,
    offset: 8,
    symbolSize: 70,
    labelColor: "currentColor",
    labelFontSize: 11,
    symbolStrokeWidth: 3,
    titleColor: "currentColor",
  },
};

/** Draws a figure as SVG, without a DOM. Vega is loaded at the first call. */
export async function renderFigure(spec: TopLevelSpec): Promise<string> {
  const [{ compile }, vega] = await Promise.all([import("vega-lite"), import("vega")]);
  const view = new vega.View(vega.parse(compile(spec, { config }).spec), { renderer: "none" });
  try {
    // Names that come from files stand in it; XML allows no control characters.
    return escapeControlsInLines(await view.toSVG());
  } finally {
    view.finalize();
  }
}
