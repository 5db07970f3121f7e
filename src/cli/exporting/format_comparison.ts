import { formatBytes } from "../../core/array_limit.ts";
import type { Precision } from "../../onnx/conversion/conversion_options.ts";
import { formatTable } from "../format_table.ts";
import type { ExportComparison, ExportFigures } from "./compare_exports.ts";

/** What the command has to tell. */
export interface ExportResult extends Partial<ExportComparison> {
  readonly from: string;
  readonly out: string;
  /** Why accuracy was not measured. */
  readonly untested?: string;
}

/** A gain below this is none: calls of the same file differ by as much. */
const LEAST_GAIN = 1.1;

/** The files side by side in a table, and a sentence where smaller numbers do not help. */
export function formatComparison(
  result: ExportResult,
  { precision }: { readonly precision?: Precision | undefined },
): string {
  const { from, out, before, after, many, tested, untested } = result;
  if (!before || !after) return `${formatTable([["written", out]])}`;
  const row = (name: string, of: (figures: ExportFigures) => string) => [name, of(before), of(after)];
  const lines = [
    ["", from, out],
    row("size", ({ bytes }) => formatBytes(bytes)),
    ...(before.accuracy === undefined ? [] : [row("accuracy", ({ accuracy = 0 }) => accuracy.toFixed(4))]),
    row("ms for 1 sample", ({ msForOne }) => msForOne.toFixed(3)),
    row(`ms for ${many} samples`, ({ msForMany }) => msForMany.toFixed(3)),
  ];
  const notes = [
    tested && `Accuracy is of ${tested}.`,
    untested && `Accuracy was not measured: ${untested}.`,
    precision && precision !== "float32" && describeGain(precision, before, after),
  ];
  return `${formatTable(lines)}${notes.flatMap((note) => (note ? [`${note}\n`] : [])).join("")}`;
}

/** A word where the precision does not help on this machine. */
function describeGain(precision: Precision, before: ExportFigures, after: ExportFigures): string | undefined {
  const smaller = before.bytes / after.bytes >= LEAST_GAIN;
  const faster = before.msForMany / after.msForMany >= LEAST_GAIN || before.msForOne / after.msForOne >= LEAST_GAIN;
  if (smaller && faster) return undefined;
  if (!smaller && !faster) return `${precision} makes this model neither smaller nor faster on this processor.`;
  return smaller
    ? `${precision} makes this model smaller, but not faster on this processor.`
    : `${precision} makes this model faster, but not smaller.`;
}
