import { parseTask } from "../csv/csv_cells.ts";
import type { CsvColumns, CsvLayout } from "../csv/csv_columns.ts";
import { KeyCollector } from "../csv/row_keys.ts";
import { createTargetCollector, type TargetCollector } from "../csv/target_collectors.ts";
import type { LabelledSamples } from "./labelled_samples.ts";

/** What is known of samples beside their features: collected from rows of a table, as text, one after another. */
export class RecordCollector {
  readonly #targets: TargetCollector;
  readonly #keys: KeyCollector;
  readonly #task: number | undefined;
  readonly #tasks: Int32Array | undefined;
  #rows = 0;

  /** @param rows How many rows may follow. */
  constructor(
    columns: CsvColumns,
    layout: Omit<CsvLayout, "delimiter">,
    { path, rows }: { readonly path: string; readonly rows: number },
  ) {
    this.#targets = createTargetCollector(columns.plan, layout, { path, rows });
    this.#keys = new KeyCollector(layout.keys);
    this.#task = layout.task;
    this.#tasks = layout.task === undefined ? undefined : new Int32Array(rows);
  }

  /**
   * @param place The file and the row, for messages.
   * @throws {SyntaxRefusal} If a cell is no target, no task label, or a key is missing.
   */
  add(cells: readonly string[], place: string): void {
    this.#targets.add(cells, place);
    this.#keys.add(cells, place);
    if (this.#tasks && this.#task !== undefined) this.#tasks[this.#rows] = parseTask(place, cells[this.#task] ?? "");
    this.#rows += 1;
  }

  /** What is known of the rows so far. */
  finish(): Pick<LabelledSamples, "labels" | "floatTargets" | "tasks" | "keys"> {
    return {
      ...this.#targets.finish(),
      ...(this.#tasks ? { tasks: this.#tasks.subarray(0, this.#rows) } : {}),
      keys: this.#keys.finish(),
    };
  }
}
