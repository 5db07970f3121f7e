import { SyntaxRefusal } from "../src/core/errors/errors.ts";
/** How many tests a runner counted; skipped ones are neither passed nor failed. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts the tests of a JUnit report. Deno lists a group beside its members, as "group" and "group > member";
 * a group that has members is not counted, so that the same files give the same count in Bun and in Deno.
 * @throws {SyntaxError} If the text is no JUnit report.
 */
export function countTests(report: string): TestCounts {
  if (!report.includes("<testsuites")) throw new SyntaxRefusal("there is no JUnit report to count tests in");
  const cases = [...report.matchAll(/<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)].map(
    ([, attributes = "", body = ""]) => ({ name: /\bname="([^"]*)"/.exec(attributes)?.[1] ?? "", body }),
  );
  const names = cases.map(({ name }) => name);
  const tests = cases.filter(({ name }) => !names.some((other) => other.startsWith(`${name} &gt; `)));
  const failed = tests.filter(({ body }) => /<(?:failure|error)\b/.test(body)).length;
  const skipped = tests.filter(({ body }) => /<skipped\b/.test(body)).length;
  return { passed: tests.length - failed - skipped, failed, skipped };
}
