import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readdir, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { openFeatureFolder } from "../../../src/cluster/features/feature_file.ts";
import {
  FEATURES_START,
  measureRow,
  placeMark,
  readKnown,
  writeHeader,
} from "../../../src/cluster/features/feature_table.ts";
import { markFeatures } from "../../../src/engine/feature_cache/mark_features.ts";
import { makeFolder, removeFolders } from "../../support/made_idx.ts";

afterAll(removeFolders);

const TABLE = { key: "0a-1b", rows: 300, width: 5 };

/** A folder with what killed processes have left: one computed every second row, one every third, and so on. */
async function makeLeft(steps: readonly number[]): Promise<string> {
  const folder = await makeFolder({});
  const { pid: gone } = spawnSync(process.execPath, ["--version"]);
  const host = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
  for (const [i, step] of steps.entries()) {
    const bytes = new Uint8Array(placeMark(TABLE, TABLE.rows));
    bytes.set(writeHeader(TABLE));
    for (let row = 0; row < TABLE.rows; row += step) {
      const features = new Uint8Array(Float32Array.from({ length: TABLE.width }, (_, i) => row + i).buffer);
      bytes.set(features, FEATURES_START + row * measureRow(TABLE));
      bytes.set(markFeatures(features), placeMark(TABLE, row));
    }
    // A process says in its mark when it began, where that is known.
    const mark = `${host}.${gone}${i % 2 === 0 ? ".0123abcd" : ""}`;
    await writeFile(join(folder, `${TABLE.key}.features.${mark}-${i}.partial`), bytes);
  }
  return folder;
}

/** Whether each row is in the one file of a folder. */
async function readRows(folder: string): Promise<boolean[]> {
  const name = `${TABLE.key}.features`;
  expect(await readdir(folder)).toEqual([name]);
  const known = new Int32Array(TABLE.rows);
  await readKnown(join(folder, name), TABLE, known);
  return Array.from(known, (value) => value === 1);
}

describe("openFeatureFolder()", () => {
  test("joins what several killed processes have computed", async () => {
    const folder = await makeLeft([2, 3]);
    await openFeatureFolder(folder);
    const rows = await readRows(folder);
    expect(rows).toEqual(rows.map((_, row) => row % 2 === 0 || row % 3 === 0));
  });

  test("saves it once where several open the folder at the same time", async () => {
    const folder = await makeLeft(Array.from({ length: 12 }, () => 2));
    await Promise.all(Array.from({ length: 4 }, () => openFeatureFolder(folder)));
    const rows = await readRows(folder);
    expect(rows).toEqual(rows.map((_, row) => row % 2 === 0));
  });
});
