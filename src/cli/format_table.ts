import { escapeControls } from "../core/errors/printable.ts";

/**
 * Lines up cells in columns two spaces apart. Cells that are numbers, and what stands above them, are put to the right.
 * Control characters are escaped.
 * @returns Lines without trailing spaces, each with its newline.
 */
export function formatTable(given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(escapeControls));
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const layouts = Array.from({ length: columns }, (_, column) => {
    const cells = rows.map((row) => row[column] ?? "");
    const width = Math.max(0, ...cells.map((cell) => cell.length));
    // The first row may be a heading.
    const below = cells.slice(1).filter((cell) => cell !== "");
    const isNumeric = below.length > 0 && below.every((cell) => /^[-+]?[\d.]+%?$/.test(cell));
    return { width, isNumeric };
  });
  return rows
    .map((row) => {
      const cells = layouts.map(({ width, isNumeric }, column) =>
        isNumeric ? (row[column] ?? "").padStart(width) : (row[column] ?? "").padEnd(width),
      );
      return `${cells.join("  ").trimEnd()}\n`;
    })
    .join("");
}
