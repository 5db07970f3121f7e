import { describe, expect, test } from "bun:test";
import { readTestReport } from "../../scripts/test_report.ts";

const bun = `<testsuites name="bun test" tests="3"><testsuite name="group">
  <testcase name="passes" classname="group" />
  <testcase name="fails" classname="group"><failure type="AssertionError" message="a&#10;b">is &lt;3&gt;&#10;at x</failure></testcase>
  <testcase name="waits" classname="group"><skipped /></testcase>
</testsuite></testsuites>`;

const deno = `<testsuites name="deno test" tests="4">
  <testcase name="group" classname="./a.ts"><failure message="1 step failed">1 step failed</failure></testcase>
  <testcase name="group &gt; passes" classname="./a.ts"></testcase>
  <testcase name="group &gt; fails" classname="./a.ts"><failure message="no">is &lt;3&gt;
at x</failure></testcase>
  <testcase name="group &gt; waits" classname="./a.ts"><skipped/></testcase>
</testsuites>`;

describe("readTestReport()", () => {
  test("counts the same in the reports of both runtimes, groups left out", () => {
    expect(readTestReport(bun)).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
    expect(readTestReport(deno)).toMatchObject({ passed: 1, failed: 1, skipped: 1 });
  });

  test("says what failed and why, in the runner's words", () => {
    expect(readTestReport(bun).failures).toEqual(["group > fails\nis <3>\nat x"]);
    // What Bun 1.4.5 writes where a hook runs out of time.
    const late = `<testcase name="(unnamed)" classname="group"><failure type="TimeoutError" message="late" /></testcase>`;
    expect(readTestReport(`<testsuites>${late}</testsuites>`).failures).toEqual(["group > (unnamed)\nlate"]);
    expect(readTestReport(deno).failures).toEqual(["./a.ts > group > fails\nis <3>\nat x"]);
  });

  test("refuses a text that is no report, so that a runner that died is no success", () => {
    expect(() => readTestReport("")).toThrow(SyntaxError);
  });
});
