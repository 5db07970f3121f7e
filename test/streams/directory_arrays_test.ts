import { afterAll, describe, expect, test } from "bun:test";
import { makeNpy, makeZip } from "../support/made_files.ts";
import { removeFolders } from "../support/made_idx.ts";
import { makeDirectory, readExperience, twice } from "./made_directory.ts";

afterAll(removeFolders);

const ids = makeNpy([5, 6, 7, 8], { shape: [2, 2], descr: "<i8" });
const mask = makeNpy([1, 0], { descr: "<i8" });
const y = makeNpy([7, 8], { descr: "<i8" });

describe("directoryBenchmark() with samples of several arrays", () => {
  test("puts them one after another, in the order that arrays names, from folders and from .npz files", async () => {
    const folders = {
      npy: { "day/ids.npy": ids, "day/mask.npy": mask, "day/y.npy": y },
      tasks: {
        "day/ids.npy": ids,
        "day/mask.npy": mask,
        "day/y.npy": y,
        "day/t.npy": makeNpy([0, 0], { descr: "<i8" }),
      },
      npz: { "day/d.npz": makeZip({ "ids.npy": ids, "mask.npy": mask, "y.npy": y }) },
    };
    for (const [kind, files] of Object.entries(folders)) {
      const read = async (arrays: string[]) =>
        readExperience((await makeDirectory(twice(files), { arrays })).trainStream.at(0));
      expect({ kind, ...(await read(["ids", "mask"])) }).toEqual({ kind, x: [5, 6, 1, 7, 8, 0], y: [0, 1] });
      expect({ kind, ...(await read(["mask", "ids"])) }).toEqual({ kind, x: [1, 5, 6, 0, 7, 8], y: [0, 1] });
    }
  });

  test("takes an experience whose samples are joined in x.npy, as serve collects them", async () => {
    const joined = makeNpy([5, 6, 1, 7, 8, 0], { shape: [2, 3] });
    const files = { "day/ids.npy": ids, "day/mask.npy": mask, "day/y.npy": y };
    const collected = { "later/x.npy": joined, "later/y.npy": y, "later/source.jsonl": "{}\n" };
    const { trainStream } = await makeDirectory(twice({ ...files, ...collected }), { arrays: ["ids", "mask"] });
    expect(readExperience(trainStream.at(1))).toEqual(readExperience(trainStream.at(0)));
    const narrow = { ...files, "later/x.npy": makeNpy([5, 6, 7, 8], { shape: [2, 2] }), "later/y.npy": y };
    await expect(makeDirectory(twice(narrow), { arrays: ["ids", "mask"] })).rejects.toThrow("later");
  });

  test("keeps whole numbers up to 2^24 exact, and refuses larger ones", async () => {
    const make = (value: number) => {
      const large = makeNpy([value, -value], { descr: "<i8" });
      return makeDirectory(twice({ "day/a.npy": large, "day/b.npy": mask, "day/y.npy": y }), { arrays: ["a", "b"] });
    };
    expect(readExperience((await make(2 ** 24)).trainStream.at(0)).x).toEqual([2 ** 24, 1, -(2 ** 24), 0]);
    await expect(make(2 ** 24 + 1)).rejects.toThrow(
      "a.npy, row 0: whole numbers must be within ±2^24, which float32 holds, got 16777217",
    );
  });

  test("refuses arrays that do not make samples, in one sentence", async () => {
    const files = { "day/ids.npy": ids, "day/mask.npy": mask, "day/y.npy": y };
    const refuse = (arrays: string[] | undefined, other: Readonly<Record<string, Uint8Array | string>> = {}) =>
      expect(makeDirectory(twice({ ...files, ...other }), arrays ? { arrays } : {})).rejects;
    await refuse(undefined).toThrow("needs x.npy, or arrays=ids|mask for samples of several arrays");
    await refuse(["ids"]).toThrow('needs ids.npy, y.npy, or .npz files with these arrays, got ["ids.npy", "mask.npy"');
    await refuse(["ids", "mask", "ids"]).toThrow("arrays must name each array once, got ids twice");
    await refuse(["ids", "y"]).toThrow("arrays must name those of samples, got y, which holds labels");
    await refuse(["ids", "mask"], { "day/mask.npy": makeNpy([1, 0, 1]) }).toThrow(
      "mask.npy: a part of 2 samples needs the shape [2, …], got [3]",
    );
    await refuse(["ids", "mask"], { "day/mask.npy": makeNpy([1, Number.NaN]) }).toThrow("mask.npy, row 1: values must");
    const table = makeDirectory(twice({ "day/d.csv": "a,label\n1,x\n" }), { arrays: ["a"] });
    await expect(table).rejects.toThrow("arrays requires .npy or .npz files");
    const zip = makeDirectory(twice({ "day/d.npz": makeZip({ "ids.npy": ids, "y.npy": y }) }), {
      arrays: ["ids", "mask"],
    });
    await expect(zip).rejects.toThrow("must have the arrays ids, mask and y, got ids, y");
  });
});
