import { SyntaxRefusal } from "../src/core/errors/errors.ts";

/** How many tests a runner counted; skipped ones are neither passed nor failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface TestReport extends TestCounts {
  /** What each failed test is called and what its runner says of it. */
  readonly failures: readonly string[];
}

/**
 * Reads a JUnit report. Deno lists a group beside its members, as "group" and "group > member"; a group that has
 * members is not counted, so that the same files give the same count in Bun and in Deno.
 * @throws {SyntaxError} If the text is no JUnit report.
 */
export function readTestReport(report: string): TestReport {
  if (!report.includes("<testsuites")) throw new SyntaxRefusal("there is no JUnit report to count tests in");
  const cases = [...report.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes = "", body = ""]) => ({
      name: readAttribute(attributes, "name"),
      group: readAttribute(attributes, "classname"),
      body,
    }),
  );
  const names = cases.map(({ name }) => name);
  const tests = cases.filter(({ name }) => !names.some((other) => other.startsWith(`${name} &gt; `)));
  const failed = tests.filter(({ body }) => /<(?:failure|error)\b/.test(body));
  const skipped = tests.filter(({ body }) => /<skipped\b/.test(body)).length;
  return {
    passed: tests.length - failed.length - skipped,
    failed: failed.length,
    skipped,
    failures: failed.map(({ group, name, body }) => decodeEntities(`${group} > ${name}\n${readReason(body)}`)),
  };
}

/** What the runner says of a failed test. Bun 1.4.5 says of one that ran out of time so in an attribute alone. */
function readReason(body: string): string {
  return body.replaceAll(/<[^>]*>/g, "").trim() || readAttribute(body, "message");
}

function readAttribute(attributes: string, name: string): string {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(attributes)?.[1] ?? "";
}

function decodeEntities(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&#10;", "\n")
    .replaceAll("&amp;", "&");
}
