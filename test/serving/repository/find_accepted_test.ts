import { describe, expect, test } from "bun:test";
import { findAccepted } from "../../../src/serving/repository/find_accepted.ts";
import type { JournalEntry } from "../../../src/serving/repository/journal.ts";

const FILES = ["0", "1", "2"].map((version) => ({
  version,
  path: `experience-00${version}.onnx`,
  mark: `m${version}`,
}));

function find(...events: readonly (readonly [JournalEntry["event"], string, string?])[]) {
  const entries = events.map(([event, version, mark = `m${version}`]) => ({
    time: 1,
    model: "a",
    version,
    event,
    mark,
  }));
  const { accepted, judged } = findAccepted(entries, FILES);
  return [accepted.join(), [...judged.keys()].join()];
}

describe("findAccepted()", () => {
  test("takes what was let through or promoted, and is neither refused nor rolled back since", () => {
    expect(find()).toEqual(["", ""]);
    expect(find(["promoted", "0"], ["refused", "1"])).toEqual(["0", "0,1"]);
    expect(find(["promoted", "0"], ["candidate", "1"])).toEqual(["0,1", "0,1"]);
    expect(find(["promoted", "0"], ["refused", "1"], ["promoted", "1"])).toEqual(["0,1", "0,1"]);
    expect(find(["promoted", "0"], ["promoted", "1"], ["promoted", "2"], ["rolledBack", "0"])).toEqual(["0", "0,1,2"]);
    expect(find(["promoted", "0"], ["promoted", "1"], ["refused", "0"])).toEqual(["1", "0,1"]);
    expect(find(["promoted", "0"], ["retired", "0"], ["goneBack", "2"], ["wentOn", "1"])).toEqual(["0", "0"]);
  });

  test("passes over files that were written anew, and that are not there", () => {
    expect(find(["promoted", "0", "old"], ["promoted", "7"], ["refused", "1", "old"])).toEqual(["", ""]);
    expect(find(["promoted", "0"], ["rolledBack", "0", "old"])).toEqual(["0", "0"]);
  });
});
