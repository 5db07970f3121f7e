import { describe, expect, test } from "bun:test";
import { type Entry, formatApiPage, listTypeNames, takeFirstSentence } from "../../../scripts/docs/api_page.ts";

describe("formatApiPage()", () => {
  test("shows values in a table and types in a line, and how to import them", () => {
    const entries: Entry[] = [
      { name: "Mean", isType: false, sentence: "A mean | of CWR* `a|b * c`." },
      { name: "Metric", isType: true, sentence: "A metric." },
    ];
    const page = formatApiPage(new Map([["metrics", entries]]));
    expect(page).toContain('import { Mean } from "firn/metrics"; // or from "firn"');
    expect(page).toContain("| `Mean` | A mean \\| of CWR\\* `a\\|b * c`. |");
    expect(page).toContain("Types: `Metric`.");
  });
});

describe("listTypeNames()", () => {
  test("finds types in both kinds of lists", () => {
    const text = 'export type { A, B as C } from "./a.ts";\nexport {\n  d,\n  type E,\n  typeOf,\n} from "./b.ts";\n';
    expect([...listTypeNames(text)]).toEqual(["A", "C", "E"]);
  });
});

describe("takeFirstSentence()", () => {
  test("takes one sentence from several lines", () => {
    expect(takeFirstSentence("Trains on\n all of it. Then more.\n\nAnother paragraph.")).toBe("Trains on all of it.");
    expect(takeFirstSentence("Adam (Kingma et al. 2015) here. More.")).toBe("Adam (Kingma et al. 2015) here.");
    expect(takeFirstSentence("Shows {@link Mean}: one.\nTwo.")).toBe("Shows `Mean`: one.");
    expect(takeFirstSentence("Shows a program:\n\nx")).toBe("Shows a program.");
    expect(takeFirstSentence("No end")).toBe("No end");
  });

  test("takes two where the first is a name alone", () => {
    expect(takeFirstSentence("AR1. A head that is consolidated. More.")).toBe("AR1. A head that is consolidated.");
  });
});
