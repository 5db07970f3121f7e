import { formatTable } from "../../src/cli/format_table.ts";
import { type BenchRow, type Comparison, createRow, findRatioRange } from "./bench_row.ts";

/** The comparisons for people: medians, the ratio (above 1 is better), and how far it went in single repetitions. */
export function formatComparisons(comparisons: readonly Comparison[]): string {
  const heading = ["suite", "name", "ours", "peer", "unit", "ratio", "lowest", "highest", "against"];
  const rows = comparisons.map((comparison) => {
    const { suite, name, ours, peer, unit, ratio, peerName } = createRow(comparison);
    const [lowest, highest] = findRatioRange(comparison);
    const figures = [formatFigure(ours), formatFigure(peer), unit, ...[ratio, lowest, highest].map(formatRatio)];
    return [suite, name, ...figures, peerName];
  });
  return formatTable([heading, ...rows]);
}

/** The rows as a JSON array, one a line. */
export function formatJson(rows: readonly BenchRow[]): string {
  return rows.length === 0 ? "[]\n" : `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;
}

/** Four digits are more than any of this is worth. */
function formatFigure(value: number): string {
  return value >= 1000 ? String(Math.round(value)) : value.toPrecision(4);
}

function formatRatio(value: number): string {
  return value.toFixed(2);
}
