import { describe, expect, test } from "bun:test";
import { CsvColumns } from "../../../src/data/csv/csv_columns.ts";
import type { CsvOptions } from "../../../src/data/csv/csv_options.ts";

function match(header: string, options: CsvOptions = {}) {
  const { delimiter, targets, features } = new CsvColumns(options).match(header, "a.csv");
  return { delimiter, label: targets[0], features };
}

describe("CsvColumns", () => {
  test("finds label, features and the delimiter in the first row", () => {
    expect(match("a,label,b")).toEqual({ delimiter: ",", label: 1, features: [0, 2] });
    expect(match("a;b,c;label")).toEqual({ delimiter: ";", label: 2, features: [0, 1] });
    expect(match('"a"\t label')).toEqual({ delimiter: "\t", label: 1, features: [0] });
    expect(match("a|y", { delimiter: "|", labelColumn: "y" })).toEqual({ delimiter: "|", label: 1, features: [0] });
    expect(match("id,a,label", { dropColumns: ["id"] })).toEqual({ delimiter: ",", label: 2, features: [1] });
  });

  test("finds the features of later files by name, in the order of the first", () => {
    const columns = new CsvColumns({ dropColumns: ["id"] });
    columns.match("a,b,label", "train.csv");
    expect(columns.match("label;b;id;a", "test.csv").features).toEqual([3, 1]);
    const refusals = [
      ["a,label", 'test.csv: must have the columns of train.csv, got them without ["b"]'],
      ["a,b,c,label", 'test.csv: must have the columns of train.csv, got them with ["c"]'],
      ["a,B,label", 'got them without ["b"] and with ["B"]'],
    ] as const;
    for (const [header, message] of refusals) expect(() => columns.match(header, "test.csv")).toThrow(message);
  });

  test("refuses what cannot be told apart: pandas' index, names that occur twice, no label", () => {
    const cure = "leave it out with dropColumns=Unnamed: 0, or save it without (to_csv(…, index=False))";
    const refusals = [
      [",a,label", `a.csv: column 1 has no name, as the index of pandas; ${cure}`],
      ["Unnamed: 0,a,label", cure],
      ["a,label,", "a.csv: column 3 has no name"],
      ["label,a,label", 'a.csv: column "label" occurs twice'],
      ["a,label,a", 'a.csv: column "a" occurs twice'],
      ["label", 'a.csv: must have columns beside "label"'],
      ["1,2,3", 'a.csv: the first row must name the columns, one of them "label", got ["1", "2", "3"]'],
      ["a,lable", 'got ["a", "lable"] (labelColumn=lable?)'],
      ["", 'one of them "label", got [""]'],
      ["a label", 'got ["a label"]; the option delimiter says what stands between cells'],
    ] as const;
    for (const [header, message] of refusals) expect(() => match(header)).toThrow(message);
    for (const option of ["experienceColumn", "taskColumn", "splitColumn"]) {
      expect(() => match("a,site,label", { [option]: "sit" })).toThrow(`"label"] (${option}=site?)`);
    }
    expect(match(",a,label,", { dropColumns: ["Unnamed: 0", "Unnamed: 3"] }).features).toEqual([1]);
  });

  test("refuses options that say nothing or contradict each other", () => {
    const refusals = [
      [{ delimiter: "ab" }, 'delimiter must be one character that is no letter, digit, quote or newline, got "ab"'],
      [{ delimiter: '"' }, "delimiter must be one character"],
      [{ encoding: "utf-7" }, "encoding must be utf-8, latin1, utf-16le, windows-1251, shift_jis or another that"],
      [{ dropColumns: ["y"], labelColumn: "y" }, 'dropColumns must not have the label column "y"'],
    ] as const;
    for (const [options, message] of refusals) expect(() => new CsvColumns(options)).toThrow(message);
    const unused = (options: CsvOptions) => () => new CsvColumns(options).assertUsed("data");
    unused({ labelColumn: "label" })();
    expect(unused({ encoding: "latin1" })).toThrow("data: encoding is for tables, and there is none");
    expect(unused({ labelColumn: "y" })).toThrow("data: labelColumn is for tables");
    const columns = new CsvColumns({ dropColumns: ["id", "idx"] });
    columns.match("id,a,label", "a.csv");
    columns.match("a,label", "b.csv");
    expect(() => columns.assertUsed("data")).toThrow('data: dropColumns has "idx", which is a column of no file');
  });
});
