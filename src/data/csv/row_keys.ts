import { SyntaxRefusal } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";

/** What is known of each row beside its targets and features, as text; absent where no option names a column. */
export interface RowKeys {
  /** The experience that it belongs to [rows]. */
  readonly experience?: readonly string[];
  /** What rows are ordered by [rows]. */
  readonly order?: readonly string[];
  /** "train", "test" … [rows]. */
  readonly split?: readonly string[];
}

/** The columns of a table that hold keys. */
export type KeyPlaces = { readonly [Key in keyof RowKeys]?: number };

const KEYS = ["experience", "order", "split"] as const;

/** Collects the keys of rows, one after another. */
export class KeyCollector {
  readonly #columns: readonly {
    readonly key: (typeof KEYS)[number];
    readonly place: number;
    readonly values: string[];
  }[];
  /** Equal texts are one text in memory. */
  readonly #texts = new Map<string, string>();

  constructor(places: KeyPlaces) {
    this.#columns = KEYS.flatMap((key) => {
      const place = places[key];
      return place === undefined ? [] : [{ key, place, values: [] }];
    });
  }

  /**
   * @param place The file and the row, for messages.
   * @throws {SyntaxRefusal} If a key is missing.
   */
  add(cells: readonly string[], place: string): void {
    for (const { key, place: column, values } of this.#columns) {
      const text = (cells[column] ?? "").trim();
      if (text === "") throw new SyntaxRefusal(`${place}: its ${key} is missing`);
      values.push(findOrCreate(this.#texts, text, () => text));
    }
  }

  /** The keys so far; undefined where no column holds any. */
  finish(): RowKeys | undefined {
    if (this.#columns.length === 0) return undefined;
    return Object.fromEntries(this.#columns.map(({ key, values }) => [key, values]));
  }
}

/** The keys of several files, one after another; undefined where they have none. */
export function joinKeys(parts: readonly (RowKeys | undefined)[]): RowKeys | undefined {
  if (!parts.some((part) => part)) return undefined;
  return Object.fromEntries(
    KEYS.flatMap((key) => {
      const joined = parts.flatMap((part) => part?.[key] ?? []);
      return joined.length === 0 ? [] : [[key, joined]];
    }),
  );
}
