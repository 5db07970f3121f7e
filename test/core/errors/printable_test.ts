import { describe, expect, test } from "bun:test";
import { describeValue } from "../../../src/core/errors/errors.ts";
import { escapeControls, escapeControlsInLines, formatAsLine } from "../../../src/core/errors/printable.ts";

/** Clears a screen, by ESC and by the one character that means the same; turns the text; ends a line. */
const HOSTILE = "a\u001b[2J\u009b2J\u202eb\u2028\u007f\r\n\tc";

describe("escapeControls()", () => {
  test("writes whatever a terminal obeys as an escape, and leaves other text as it is", () => {
    expect(escapeControls(HOSTILE)).toBe("a\\u001b[2J\\u009b2J\\u202eb\\u2028\\u007f\\u000d\\u000a\\u0009c");
    expect(escapeControls("Möwe 鷗 🐦 é\u0301 |\\")).toBe("Möwe 鷗 🐦 é\u0301 |\\");
    expect(escapeControls("\ud83d!")).toBe("\\ud83d!");
  });
});

describe("escapeControlsInLines()", () => {
  test("keeps newlines and tabs, and what JSON means", () => {
    expect(escapeControlsInLines("a\n\tb\u001b")).toBe("a\n\tb\\u001b");
    const value = { [HOSTILE]: [HOSTILE] };
    const text = escapeControlsInLines(JSON.stringify(value, null, 2));
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
  });
});

describe("formatAsLine()", () => {
  test("joins lines by one blank", () => {
    expect(formatAsLine("one \n  two\r\n\nthree\u001b\n")).toBe("one two three\\u001b");
  });
});

describe("describeValue()", () => {
  test("shows no control character, no more than 200 characters, and no class that the value invents", () => {
    expect(describeValue(HOSTILE)).toBe('"a\\u001b[2J\\u009b2J\\u202eb\\u2028\\u007f\\r\\n\\tc"');
    expect(describeValue("x".repeat(1_000_000))).toBe(`"${"x".repeat(200)}…" of 1000000 characters`);
    expect(describeValue(JSON.parse('{"constructor":{"name":"\\u001b"}}'))).toBe("an object of class Object");
    expect(describeValue(Object.create(null))).toBe("an object of class Object");
  });
});
