import { elementAt, valueAt } from "../../core/element_at.ts";
import { RangeRefusal } from "../../core/errors/errors.ts";

/** The labels of rows, as text: row i has the label `names[places[i]]`. */
export interface LabelTable {
  /** Every label once, in the order in which they first occur. */
  readonly names: readonly string[];
  /** [rows] */
  readonly places: Int32Array;
}

/** More different labels than this are no classes. */
const MAX_CLASSES = 65_536;

/** Collects the labels of rows, one after another. */
export class LabelCollector {
  readonly #subject: string;
  readonly #places: Int32Array;
  readonly #placeOf = new Map<string | number, number>();
  #rows = 0;

  /**
   * @param subject What messages begin with: the file.
   * @param maxRows How many labels may follow.
   */
  constructor(subject: string, maxRows: number) {
    this.#subject = subject;
    this.#places = new Int32Array(maxRows);
  }

  /** @throws {RangeRefusal} If there are more different labels than there can be classes. */
  add(label: string | number): void {
    let place = this.#placeOf.get(label);
    if (place === undefined) {
      place = this.#placeOf.size;
      if (place === MAX_CLASSES) throw refuseCount(this.#subject);
      this.#placeOf.set(label, place);
    }
    this.#places[this.#rows] = place;
    this.#rows += 1;
  }

  /** The labels so far. */
  finish(): LabelTable {
    return { names: [...this.#placeOf.keys()].map(String), places: this.#places.subarray(0, this.#rows) };
  }
}

/**
 * Labels as a table.
 * @param subject What messages begin with: the file.
 * @throws {RangeRefusal} If there are more different labels than there can be classes.
 */
export function tabulateLabels(labels: ArrayLike<string | number>, subject: string): LabelTable {
  const collector = new LabelCollector(subject, labels.length);
  for (let row = 0; row < labels.length; row++) collector.add(labels[row] ?? "");
  return collector.finish();
}

/**
 * The labels of several tables, one after another.
 * @param subject What messages begin with: the folder.
 * @throws {RangeRefusal} If there are more different labels than there can be classes.
 */
export function joinLabels(tables: readonly LabelTable[], subject: string): LabelTable {
  const names = assertClassCount([...new Set(tables.flatMap((table) => table.names))], subject);
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const places = new Int32Array(tables.reduce((sum, table) => sum + table.places.length, 0));
  let at = 0;
  for (const table of tables) {
    const moved = table.names.map((name) => valueAt(placeOf, name));
    for (const place of table.places) {
      places[at] = elementAt(moved, place);
      at += 1;
    }
  }
  return { names, places };
}

/**
 * `names`, if they can be the names of classes.
 * @param subject What messages begin with: the file or folder.
 * @throws {RangeRefusal} If they are too many.
 */
export function assertClassCount(names: readonly string[], subject: string): readonly string[] {
  if (names.length > MAX_CLASSES) throw refuseCount(subject);
  return names;
}

function refuseCount(subject: string): RangeRefusal {
  return new RangeRefusal(`${subject}: there must be at most ${MAX_CLASSES} classes, got more different labels`);
}
