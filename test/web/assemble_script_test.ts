import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { createFolderPage } from "../../src/cli/exporting/web/folder_page.ts";
import { createServingPage } from "../../src/serving/page/serving_page.ts";
import { assembleScript } from "../../src/web/assemble_script.ts";

describe("assembleScript()", () => {
  test("makes a script that runs by itself and begins with the first function", () => {
    const calls: string[] = [];
    function start() {
      tell("started");
    }
    function tell(text: string) {
      calls.push(text);
    }
    new Function("calls", assembleScript([start, tell]))(calls);
    expect(calls).toEqual(["started"]);
  });

  test("refuses two functions of one name, and what would end the script's element", () => {
    const makeOne = (value: number) => {
      function same() {
        return value;
      }
      return same;
    };
    expect(() => assembleScript([makeOne(1), makeOne(2)])).toThrow("two functions of a page are called same");
    const ends = () => "</script>";
    expect(() => assembleScript([ends])).toThrow("must not hold the end");
  });

  const pages = [
    ["a server", () => createServingPage().text, "src/serving/page/browser"],
    ["an exported folder", () => createFolderPage("mine"), "src/cli/exporting/web/browser"],
  ] as const;
  for (const [name, createText, folder] of pages) {
    test(`the page of ${name} holds every function of its folders`, () => {
      const text = createText();
      const folders = ["src/web/browser", folder];
      const sources = folders.flatMap((folder) =>
        readdirSync(folder).map((name) => readFileSync(`${folder}/${name}`, "utf8")),
      );
      const names = sources.flatMap((source) =>
        [...source.matchAll(/^(?:export )?(?:async )?function (\w+)/gm)].map(([, name = ""]) => name),
      );
      expect(names.length).toBeGreaterThan(35);
      expect(names.filter((name) => !text.includes(`function ${name}(`))).toEqual([]);
    });
  }
});
