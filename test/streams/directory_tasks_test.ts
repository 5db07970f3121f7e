import { afterAll, describe, expect, test } from "bun:test";
import { makeNpy, makeZip } from "../support/made_files.ts";
import { removeFolders } from "../support/made_idx.ts";
import { makeDirectory, readExperience, twice } from "./made_directory.ts";

afterAll(removeFolders);

const X = [0.5, 1.5, 2.5, 3.5];
const TASKS = [1, 0, 1, 3];
const x = makeNpy(X, { shape: [4, 1] });
const y = makeNpy([7, 8, 7, 8], { descr: "<i8" });
const t = makeNpy(TASKS, { descr: "<i8" });
const TABLE = `a,site,label\n${X.map((value, i) => `${value},${TASKS[i]},${i % 2 ? "8" : "7"}\n`).join("")}`;

describe("directoryBenchmark() with task labels of samples", () => {
  test("reads them from t.npy, from the array t, and from a column of CSV files", async () => {
    const folders = {
      npy: { "day/x.npy": x, "day/y.npy": y, "day/t.npy": t },
      npz: { "day/d.npz": makeZip({ "x.npy": x, "y.npy": y, "t.npy": t }) },
      csv: { "day/d.csv": TABLE },
    };
    for (const [kind, files] of Object.entries(folders)) {
      const benchmark = await makeDirectory(twice(files), kind === "csv" ? { taskColumn: "site" } : {});
      const experience = benchmark.trainStream.at(0);
      expect({ kind, ...readExperience(experience) }).toEqual({ kind, x: X, y: [0, 1, 0, 1] });
      expect(Array.from(experience.dataset.targetsTaskLabels)).toEqual(TASKS);
      expect([experience.taskLabels, benchmark.isTaskIncremental]).toEqual([[0, 1, 3], true]);
      expect(benchmark.featureNames).toEqual(kind === "csv" ? ["a"] : undefined);
    }
  });

  test("joins several files of an experience, and refuses some with and some without", async () => {
    const files = twice({ "day/a.npz": makeZip({ "x.npy": x, "y.npy": y, "t.npy": t }) });
    const both = { ...files, "train/day/b.npz": makeZip({ "x.npy": x, "y.npy": y, "t.npy": t }) };
    const { trainStream } = await makeDirectory(both);
    expect(Array.from(trainStream.at(0).dataset.targetsTaskLabels)).toEqual([...TASKS, ...TASKS]);
    const astray = { ...files, "train/day/b.npz": makeZip({ "x.npy": x, "y.npy": y }) };
    await expect(makeDirectory(astray)).rejects.toThrow("b.npz: needs samples of shape [1] in floats with task labels");
  });

  test("refuses labels that are none, a missing column, and another label for each experience", async () => {
    const table = (site: string) => twice({ "day/d.csv": `a,site,label\n1,0,x\n2,${site},y\n` });
    for (const site of ["-1", "0.5", "", "rome", "0x1"]) {
      await expect(makeDirectory(table(site), { taskColumn: "site" })).rejects.toThrow(
        "d.csv, row 3: the task label must be a whole number from 0 to 2^31 - 1, got",
      );
    }
    const refuse = (options: object) => expect(makeDirectory(table("1"), options)).rejects;
    await refuse({ taskColumn: "place" }).toThrow('the table must have the task column "place", got');
    await refuse({ taskColumn: "label" }).toThrow("taskColumn must be another column than the targets");
    await refuse({ taskColumn: "site", dropColumns: ["site"] }).toThrow("dropColumns must not have the task column");
    await refuse({ taskColumn: "site", taskLabels: true }).toThrow("which exclude taskLabels=true");
    const arrays = (labels: Uint8Array) =>
      makeDirectory(twice({ "day/x.npy": x, "day/y.npy": y, "day/t.npy": labels }));
    await expect(arrays(makeNpy([1, 0]))).rejects.toThrow("t.npy: task labels must have the shape [4]");
    await expect(arrays(makeNpy([1, 0, -1, 0]))).rejects.toThrow("t.npy, row 2: the task label must be");
    const images = makeDirectory(twice({ "day/x.npy": x, "day/y.npy": y }), { taskColumn: "site" });
    await expect(images).rejects.toThrow("taskColumn is for tables, and there is none");
  });
});
