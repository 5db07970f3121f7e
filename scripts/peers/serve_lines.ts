import process from "node:process";
import { createInterface } from "node:readline";

/**
 * Says what this peer is, then answers each line of JSON on standard input with what `measure` returns, one line each.
 */
export async function serveLines(about: unknown, measure: (request: unknown) => Promise<unknown>): Promise<void> {
  process.stdout.write(`${JSON.stringify(about)}\n`);
  for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await measure(JSON.parse(line)))}\n`);
  }
}
