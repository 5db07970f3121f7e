/** What the tests use of "bun:test", for Deno: deno.json maps that name to this file. */
import {
  after,
  afterEach as afterEachTest,
  before,
  beforeEach as beforeEachTest,
  test as runTest,
  suite,
} from "node:test";

export { expect } from "expect";

type Body = () => unknown;

interface TestOptions {
  readonly timeout?: number;
}

/** Registers a test; `options` is a time limit in milliseconds, as in Bun, or an object that holds one. */
export function test(name: string, body: Body, options: number | TestOptions = {}): void {
  const limits = typeof options === "number" ? { timeout: options } : options;
  runTest(name, limits, async () => {
    await body();
  });
}

/** `test.if(false)` skips: for what one runtime or machine does not have. */
test.if = (condition: boolean): ((name: string, body: Body, options?: number | TestOptions) => void) =>
  condition ? test : (name) => runTest.skip(name);

/** Groups tests. */
export function describe(name: string, body: () => void): void {
  suite(name, body);
}

/** Runs once before the tests of the group or file. */
export function beforeAll(body: Body): void {
  before(async () => {
    await body();
  });
}

/** Runs once after the tests of the group or file. */
export function afterAll(body: Body): void {
  after(async () => {
    await body();
  });
}

/** Runs before each test. */
export function beforeEach(body: Body): void {
  beforeEachTest(async () => {
    await body();
  });
}

/** Runs after each test. */
export function afterEach(body: Body): void {
  afterEachTest(async () => {
    await body();
  });
}
