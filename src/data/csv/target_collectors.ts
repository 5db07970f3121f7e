/** What stands in the target columns of a CSV file, collected row by row. */

import { assertArrayBytes } from "../../core/array_limit.ts";
import { elementAt } from "../../core/element_at.ts";
import { describeValue, RangeRefusal, SyntaxRefusal } from "../../core/errors/errors.ts";
import { createSharedFloat32 } from "../../core/shared/shared_memory.ts";
import { LabelCollector } from "../readers/label_table.ts";
import type { LabelledSamples } from "../readers/labelled_samples.ts";
import { labelByNothing } from "../readers/sample_targets.ts";
import type { TargetPlan } from "../readers/target_options.ts";
import { parseCell, parseFlag, refuseCell } from "./csv_cells.ts";
import type { CsvLayout } from "./csv_columns.ts";

/** Takes the targets of rows, one after another. */
export interface TargetCollector {
  /**
   * @param place The file and the row, for messages.
   * @throws {SyntaxRefusal} If a cell is no target.
   */
  add(cells: readonly string[], place: string): void;
  /** The targets so far. */
  finish(): Pick<LabelledSamples, "labels" | "floatTargets">;
}

/** More labels than this a sample are a mistake of the separator. */
const MAX_LABELS = 4096;

/** @param rows How many rows may follow. */
export function createTargetCollector(
  plan: TargetPlan,
  { targets, names }: Pick<CsvLayout, "targets" | "names">,
  { path, rows }: { readonly path: string; readonly rows: number },
): TargetCollector {
  switch (plan.kind) {
    case "classes":
      return collectClasses(elementAt(targets, 0), new LabelCollector(path, rows));
    case "values":
    case "labels":
      return collectNumbers(plan.kind, { path, rows, targets, names });
    case "label names":
      return collectNames(elementAt(targets, 0), { path, separator: plan.separator });
  }
}

function collectClasses(column: number, labels: LabelCollector): TargetCollector {
  return {
    add: (cells, place) => labels.add(readLabel(cells[column] ?? "", place)),
    finish: () => ({ labels: labels.finish() }),
  };
}

function readLabel(cell: string, place: string): string {
  const label = cell.trim();
  if (label === "" || isNaNText(label)) throw new SyntaxRefusal(`${place}: label is missing`);
  return label;
}

interface NumberColumns extends Pick<CsvLayout, "targets" | "names"> {
  readonly path: string;
  readonly rows: number;
}

function collectNumbers(
  kind: "values" | "labels",
  { path, rows, targets, names: allNames }: NumberColumns,
): TargetCollector {
  const width = targets.length;
  assertArrayBytes(path, rows * width * Float32Array.BYTES_PER_ELEMENT);
  const data = createSharedFloat32(rows * width);
  const names = targets.map((column) => elementAt(allNames, column));
  let at = 0;
  return {
    add(cells, place) {
      for (const column of targets) {
        const cell = cells[column] ?? "";
        const value = kind === "values" ? parseCell(cell) : parseFlag(cell);
        const refused = { place, column: elementAt(allNames, column), cell };
        if (value === undefined) throw kind === "values" ? refuseCell(refused) : refuseCell(refused, "0 or 1");
        data[at] = value;
        at += 1;
      }
    },
    finish: () => ({
      labels: labelByNothing(at / width),
      floatTargets: { kind, width, names, data: at === data.length ? data : data.subarray(0, at) },
    }),
  };
}

/** An empty cell is a sample without labels. */
function collectNames(
  column: number,
  { path, separator }: { readonly path: string; readonly separator: string },
): TargetCollector {
  const placeOf = new Map<string, number>();
  const rows: (readonly number[])[] = [];
  return {
    add(cells) {
      const found = (cells[column] ?? "").split(separator).map((name) => name.trim());
      const labels = found.filter((name) => name !== "" && !isNaNText(name));
      for (const label of labels) if (!placeOf.has(label)) placeOf.set(label, placeOf.size);
      if (placeOf.size > MAX_LABELS) {
        const got = `got more with labelSeparator ${describeValue(separator)}`;
        throw new RangeRefusal(`${path}: there must be at most ${MAX_LABELS} labels, ${got}`);
      }
      rows.push(labels.map((label) => placeOf.get(label) ?? 0));
    },
    finish() {
      const [width, names] = [placeOf.size, [...placeOf.keys()]];
      assertArrayBytes(path, rows.length * width * Float32Array.BYTES_PER_ELEMENT);
      const data = createSharedFloat32(rows.length * width);
      for (const [row, places] of rows.entries()) for (const place of places) data[row * width + place] = 1;
      return {
        labels: labelByNothing(rows.length),
        floatTargets: { kind: "labels", data, width, names, isOpen: true },
      };
    },
  };
}

function isNaNText(text: string): boolean {
  return /^nan$/i.test(text);
}
