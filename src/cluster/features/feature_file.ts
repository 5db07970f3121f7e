import { constants } from "node:fs";
import { copyFile, mkdir, open, readdir, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { withFileNamed } from "../../core/errors/system_error.ts";
import { isLeftBehind, OWNER_MARK } from "../../core/left_behind.ts";
import { ABSENT, type FeatureFilePlace } from "../../engine/feature_cache/shared_features.ts";
import {
  FEATURES_START,
  type FeatureTable,
  measureTable,
  placeMark,
  readKnown,
  writeHeader,
  writePart,
} from "./feature_table.ts";
import { salvageFeatures } from "./salvage_features.ts";

let opened = 0;

/**
 * Makes the folder, where one is wanted and not there, and saves what processes have computed that did not come to
 * their end.
 * @throws {RefusalError} If nothing can be written there; the message names it.
 */
export async function openFeatureFolder(folder: string | undefined): Promise<void> {
  if (folder === undefined) return;
  const found = await stat(folder).catch(() => undefined);
  if (found && !found.isDirectory()) throw new RefusalError(`${folder}: features need a folder, got a file`);
  await withFileNamed(folder, async () => {
    await mkdir(folder, { recursive: true });
    const probe = namePartial(join(folder, "probe"));
    await (await open(probe, "w")).close();
    await rm(probe);
    for (const name of await readdir(folder)) {
      if (name.endsWith(".partial") && isLeftBehind(name)) await salvageFeatures(folder, name, namePartial);
    }
  });
}

/** A name that no other process of this machine has, and none that this one has given. */
function namePartial(path: string): string {
  opened += 1;
  return `${path}.${OWNER_MARK}-${opened}.partial`;
}

/**
 * A file of features: a row has a place of its own, and behind the rows stands which of them are there. While replicas
 * add to it, it has another name, and each row a mark that a later process knows it by if this one is killed. The whole
 * folder may be removed at any time between runs.
 */
export class FeatureFile {
  readonly place: FeatureFilePlace;
  readonly #path: string;
  readonly #table: FeatureTable;
  /** How many rows were there when it was opened. */
  readonly #before: number;

  private constructor(
    path: string,
    table: FeatureTable,
    { place, before }: { place: FeatureFilePlace; before: number },
  ) {
    this.#path = path;
    this.#table = table;
    this.place = place;
    this.#before = before;
  }

  /**
   * Opens what an earlier run has left, or begins anew.
   * @param places Where it is noted which rows are there.
   * @throws {RefusalError} If the file is damaged, or nothing can be written; the message names it.
   */
  static async open(folder: string, table: FeatureTable, places: Int32Array): Promise<FeatureFile> {
    const path = join(folder, `${table.key}.features`);
    const before = await readKnown(path, table, places);
    if (before === table.rows) {
      return new FeatureFile(path, table, { place: { path, start: FEATURES_START, marks: undefined }, before });
    }
    const partial = namePartial(path);
    await withFileNamed(partial, async () => {
      if (before > 0) await copyFile(path, partial, constants.COPYFILE_FICLONE);
      const file = await open(partial, before > 0 ? "r+" : "w");
      try {
        await file.truncate(placeMark(table, table.rows));
        await file.write(writeHeader(table), 0, FEATURES_START, 0);
      } finally {
        await file.close();
      }
    });
    return new FeatureFile(path, table, {
      place: { path: partial, start: FEATURES_START, marks: placeMark(table, 0) },
      before,
    });
  }

  /** Gives the file its name, unless nothing was added or another run has left one that has more. */
  async publish(places: Int32Array): Promise<void> {
    if (this.place.marks === undefined) return;
    const partial = this.place.path;
    const flags = Uint8Array.from(places, (place) => (place > ABSENT ? 1 : 0));
    const count = flags.reduce((sum, flag) => sum + flag, 0);
    await withFileNamed(partial, async () => {
      if (count === this.#before || count <= (await readKnown(this.#path, this.#table))) {
        await rm(partial, { force: true });
        return;
      }
      const file = await open(partial, "r+");
      try {
        await writePart(file, flags, measureTable(this.#table) - flags.length);
        // Until all is on the disk, the marks vouch for the rows.
        await file.sync();
        await file.truncate(measureTable(this.#table));
      } finally {
        await file.close();
      }
      await rename(partial, this.#path);
    });
  }
}
