import { describe, expect, test } from "bun:test";
import { labelChoice } from "../../../../src/cli/training/config/label_choice.ts";

describe("labelChoice()", () => {
  test("says what files and folders are called, not where they lie", () => {
    const label = (options: Record<string, unknown>, name = "directory") => labelChoice({ name, options });
    expect(label({ path: "/data/me/months", imageSize: 3 })).toBe("directory:path=months,imageSize=3");
    expect(label({ path: "../me/months/", more: ["/a/may", "june,july"] })).toBe(
      'directory:path=months,more=may|"june,july"',
    );
    expect(label({ teacher: "/data/me/teacher.onnx", alpha: 0.5 }, "lwf")).toBe("lwf:teacher=teacher.onnx,alpha=0.5");
    expect(label({ path: "./strategies/mine.ts" }, "path")).toBe("path:path=mine.ts");
    expect(label({ pattern: "a/b", classOrder: [0, 1], seed: undefined })).toBe("directory:pattern=a/b,classOrder=0|1");
  });
});
