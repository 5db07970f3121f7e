import { cannot, SyntaxRefusal } from "../core/errors.ts";
import { TextLines } from "./text_lines.ts";

/** A table of numbers with a label a row. */
export interface CsvTable {
  /** [rows, features], in the order of the columns without the label's. */
  readonly x: Float32Array;
  readonly features: number;
  readonly labels: readonly string[];
}

/**
 * Parses comma-separated values: a first line that names the columns, then a line a sample. The column `labelColumn` is
 * the class, every other one a feature. Cells may be quoted; empty lines are passed over.
 * @param act What a refusal begins with: `read "a.csv"`, say.
 * @throws {SyntaxError} If there is no such column, no sample, or a line that does not fit; the message names the line.
 */
export function parseCsv(text: string, { act, labelColumn }: { act: string; labelColumn: string }): CsvTable {
  const lines = new TextLines(text);
  const header = splitCells(lines.next() ?? "", `${act}, line 1`).map((name) => name.trim());
  const labelIndex = header.indexOf(labelColumn);
  if (labelIndex < 0) {
    throw new SyntaxRefusal(cannot(act, `a first line that names the columns, one of them "${labelColumn}"`, header));
  }
  const features = header.length - 1;
  if (features === 0) throw new SyntaxRefusal(cannot(act, `columns beside "${labelColumn}"`, "none"));
  const x = new Float32Array(lines.countRest() * features);
  const labels: string[] = [];
  for (let line = lines.next(); line !== undefined; line = lines.next()) {
    if (line.trim() === "") continue;
    const here = `${act}, line ${lines.number}`;
    const cells = splitCells(line, here);
    if (cells.length !== header.length) throw new SyntaxRefusal(cannot(here, `${header.length} cells`, cells.length));
    const label = (cells[labelIndex] ?? "").trim();
    if (label === "") throw new SyntaxRefusal(cannot(here, `a label in the column "${labelColumn}"`, label));
    let at = labels.push(label) * features - features;
    for (let column = 0; column < cells.length; column++) {
      if (column === labelIndex) continue;
      const cell = cells[column] ?? "";
      const value = Math.fround(Number(cell));
      // Blanks alone would count as 0.
      if (!Number.isFinite(value) || (value === 0 && cell.trim() === "")) {
        throw new SyntaxRefusal(cannot(here, `a number in the column "${header[column]}"`, cell.trim()));
      }
      x[at] = value;
      at += 1;
    }
  }
  if (labels.length === 0) throw new SyntaxRefusal(cannot(act, "at least one sample below the first line", 0));
  return { x: x.subarray(0, labels.length * features), features, labels };
}

/** Cells with the blanks around them; a quoted one keeps commas, and `""` stands for a quote in it. */
function splitCells(line: string, act: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const cells: string[] = [];
  const cell = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  while (cell.lastIndex <= line.length) {
    const start = cell.lastIndex;
    const found = cell.exec(line);
    if (!found) throw new SyntaxRefusal(cannot(act, "cells whose quotes are closed", line.slice(start)));
    const [, quoted, plain = "", end] = found;
    cells.push(quoted?.replaceAll('""', '"') ?? plain);
    if (end === "") break;
  }
  return cells;
}
