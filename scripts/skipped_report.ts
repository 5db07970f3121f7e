import { writeFile } from "node:fs/promises";
import { html } from "../src/report/html.ts";

/** Writes a JUnit report of one skipped test, whose name says what was not tested and why. */
export async function writeSkippedReport(file: string, name: string): Promise<void> {
  const skipped = html`<testsuites><testsuite><testcase name="${name}"><skipped/></testcase></testsuite></testsuites>`;
  await writeFile(file, skipped.text);
}
