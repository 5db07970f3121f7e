/** The accuracy matrix for a terminal: one line a trained experience, one cell an experience of the test stream. */

import { escapeControls } from "../../../core/errors/printable.ts";
import { type MeasureName, measureOf, startWithTitle } from "../../../evaluation/measures.ts";
import type { ExperienceSummary } from "../../../runs/summary/run_summary.ts";

/** How wide lines may be, and whether cells have colors: 256 of them, from red to green. */
export interface MatrixLayout {
  readonly width: number;
  readonly isColored: boolean;
  /** What rows may be called, where experiences have names. */
  readonly names?: readonly string[] | undefined;
  /** What stands in the cells. Default: accuracy. */
  readonly measure?: MeasureName | undefined;
}

/** A row of the matrix, and what it comes to. */
export interface MatrixRow extends Pick<ExperienceSummary, "index" | "name" | "testAccuracy" | "streamAccuracy"> {
  readonly averageForgetting: number;
}

const LABEL_WIDTH = "trained ".length;
const MAX_LABEL_WIDTH = 24;
const FIGURES = "   stream  forgetting";
const CELL_WIDTH = 5;
/** Cells that are worth more than the figures beside them. */
const MIN_CELLS = 10;

/** How the cells of a row are laid out. */
interface CellLayout {
  readonly labelWidth: number;
  readonly hasFigures: boolean;
  /** 1 where a cell is a digit alone. */
  readonly cellWidth: number;
  /** Experiences whose mean a cell shows. */
  readonly perCell: number;
}

function layOut(experiences: number, { width, names = [] }: MatrixLayout): CellLayout {
  const longest = Math.max(0, ...names.map((name, index) => formatLabel(index, name).length + 1));
  const labelWidth =
    width < 2 * MAX_LABEL_WIDTH ? LABEL_WIDTH : Math.min(MAX_LABEL_WIDTH, Math.max(LABEL_WIDTH, longest));
  const free = width - labelWidth;
  const hasFigures = free - FIGURES.length >= Math.min(experiences, MIN_CELLS);
  const columns = Math.max(1, hasFigures ? free - FIGURES.length : free);
  const cellWidth = experiences * CELL_WIDTH <= columns ? CELL_WIDTH : 1;
  return { labelWidth, hasFigures, cellWidth, perCell: cellWidth > 1 ? 1 : Math.ceil(experiences / columns) };
}

/** Two lines: what the cells are, and what stands above the columns. */
export function formatMatrixHeading(experiences: number, layout: MatrixLayout): string {
  const { labelWidth, hasFigures, cellWidth, perCell } = layOut(experiences, layout);
  const cells =
    cellWidth > 1
      ? Array.from({ length: experiences }, (_, i) => formatCell(String(i))).join("")
      : `0-${experiences - 1}`.padEnd(Math.ceil(experiences / perCell));
  const { measure = "accuracy" } = layout;
  const { isShare } = measureOf(measure);
  const digits = cellWidth > 1 ? "percent" : perCell > 1 ? `tenths, means of ${perCell}` : "tenths";
  const unit = isShare ? `, in ${digits}` : perCell > 1 ? `, means of ${perCell}` : "";
  const columns = `${"trained".padEnd(labelWidth)}${cells}${hasFigures ? FIGURES : ""}`;
  const title = startWithTitle(measureOf(measure));
  const lines = [`${title} on each experience of the test stream${unit}`, columns.trimEnd()];
  return lines.map((line) => `${line.slice(0, layout.width)}\n`).join("");
}

/** One line, with its newline. */
export function formatMatrixRow(row: MatrixRow, layout: MatrixLayout): string {
  const { index, name, testAccuracy, streamAccuracy, averageForgetting } = row;
  const { labelWidth, hasFigures, cellWidth, perCell } = layOut(testAccuracy.length, layout);
  const { isShare, lowerIsBetter } = measureOf(layout.measure ?? "accuracy");
  const cells = listMeans(testAccuracy, perCell).map((accuracy) => {
    const text = formatValue(accuracy, { isShare, cellWidth });
    // Of an error nobody knows how large it may be.
    return layout.isColored && !lowerIsBetter ? paint(text, Math.max(0, Math.min(1, accuracy))) : text;
  });
  const figures = [streamAccuracy.toFixed(4).padStart(9), averageForgetting.toFixed(4).padStart(12)].join("");
  const isRoomy = labelWidth > LABEL_WIDTH && name !== undefined;
  const label = isRoomy
    ? formatLabel(index, name)
        .slice(0, labelWidth - 1)
        .padEnd(labelWidth - 1)
    : String(index).padStart(labelWidth - 1);
  return `${label} ${cells.join("")}${hasFigures ? figures : ""}\n`;
}

function formatLabel(index: number, name: string): string {
  return escapeControls(`${String(index).padStart(2)} ${name}`);
}

function listMeans(values: readonly number[], perCell: number): number[] {
  return Array.from({ length: Math.ceil(values.length / perCell) }, (_, i) => {
    const group = values.slice(i * perCell, (i + 1) * perCell).filter((value) => !Number.isNaN(value));
    return group.reduce((sum, value) => sum + value, 0) / group.length;
  });
}

function formatValue(value: number, { isShare, cellWidth }: { isShare: boolean; cellWidth: number }): string {
  if (cellWidth === 1) return formatTenths(value);
  return formatCell(isShare ? formatPercent(value) : formatShortly(value));
}

/** In at most four characters: "0.87", "-1.3", "123", "4e3". */
function formatShortly(value: number): string {
  if (Number.isNaN(value)) return "-";
  const texts = [value.toFixed(2), value.toFixed(1), value.toFixed(0), value.toExponential(0).replace("e+", "e")];
  return texts.find((text) => text.length <= CELL_WIDTH - 1) ?? (value < 0 ? "-∞" : "∞");
}

function formatCell(text: string): string {
  return `${text.padStart(CELL_WIDTH - 1)} `;
}

function formatPercent(accuracy: number): string {
  return Number.isNaN(accuracy) ? "-" : (accuracy * 100).toFixed(0);
}

function formatTenths(accuracy: number): string {
  return Number.isNaN(accuracy) ? "-" : String(Math.max(0, Math.min(9, Math.floor(accuracy * 10))));
}

/** Black on red for 0, on yellow for 0.5, on green for 1: places in the cube of 6 × 6 × 6 colors, from 16 on. */
function paint(text: string, accuracy: number): string {
  if (Number.isNaN(accuracy)) return text;
  const step = Math.round(accuracy * 10);
  const [red, green] = [Math.min(5, 10 - step), Math.min(5, step)];
  return `\x1b[38;5;16;48;5;${16 + 36 * red + 6 * green}m${text}\x1b[0m`;
}
