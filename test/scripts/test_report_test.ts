import { describe, expect, test } from "bun:test";
import { countTests } from "../../scripts/test_report.ts";

const bun = `<testsuites name="bun test" tests="3"><testsuite name="group">
  <testcase name="passes" classname="group" />
  <testcase name="fails" classname="group"><failure type="AssertionError" /></testcase>
  <testcase name="waits" classname="group"><skipped /></testcase>
</testsuite></testsuites>`;

const deno = `<testsuites name="deno test" tests="4">
  <testcase name="group"><failure message="1 step failed" /></testcase>
  <testcase name="group &gt; passes"></testcase>
  <testcase name="group &gt; fails"><failure message="no">at x</failure></testcase>
  <testcase name="group &gt; waits"><skipped/></testcase>
</testsuites>`;

describe("countTests()", () => {
  test("counts the same in the reports of both runtimes, groups left out", () => {
    expect(countTests(bun)).toEqual({ passed: 1, failed: 1, skipped: 1 });
    expect(countTests(deno)).toEqual({ passed: 1, failed: 1, skipped: 1 });
  });

  test("refuses a text that is no report, so that a runner that died is no success", () => {
    expect(() => countTests("")).toThrow(SyntaxError);
  });
});
