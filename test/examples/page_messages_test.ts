import { describe, expect, test } from "bun:test";
import { readProjectFiles } from "../project/source_text.ts";

/** Programs that we use say these. */
const MESSAGES_OF_OTHERS = ["npm warn", "npm error", "terminate called after throwing an instance of Napi::Error"];

const [page] = readProjectFiles(["docs"], ["troubleshooting.md"]);
const sources = readProjectFiles(["src"], [".ts"])
  .map(({ text }) => text)
  .join("\n");

/** The messages in the first column of the page's tables. */
function listMessages(text: string): string[] {
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map(({ 1: message = "" }) => message.replaceAll("\\|", "|"));
}

/** Whether all that a message says, apart from names and values, is written somewhere in the source. */
function isWritten(message: string): boolean {
  const parts = message.split("…").map((part) => part.replace(/^[\s":;(),]+|(?:, got)?[\s":;(),]*$/g, ""));
  return parts.filter((part) => part.length > 7).every((part) => splitPhrases(part).every(contains));
}

/** A message is put together at these words. */
function splitPhrases(part: string): string[] {
  return part
    .split(/(?:^| )(?:needs|requires|without|must be(?: a)?)(?: |$)|did you mean/)
    .filter((phrase) => phrase.trim().length > 3);
}

function contains(phrase: string): boolean {
  const escaped = phrase.replace(/"/g, '\\"');
  return sources.includes(phrase.trim()) || sources.includes(escaped.trim());
}

describe("docs/troubleshooting.md", () => {
  const messages = listMessages(page?.text ?? "");

  test("lists messages", () => {
    expect(messages.length).toBeGreaterThan(40);
  });

  test("quotes only what the source says", () => {
    const ours = messages.filter((message) => !MESSAGES_OF_OTHERS.some((other) => message.startsWith(other)));
    expect(ours.filter((message) => !isWritten(message))).toEqual([]);
  });

  test("would not quote a message that has changed", () => {
    expect(isWritten("the run has … got …")).toBe(true);
    expect(isWritten("training needs a finite loss at training iteration …")).toBe(true);
    expect(isWritten("training demands a loss that is finite")).toBe(false);
    expect(isWritten("… holds another walk: … is there")).toBe(false);
  });
});
