/** What the tests use of "bun:test", for Deno: deno.json maps that name to this file. */
import {
  after,
  afterEach as afterEachTest,
  before,
  beforeEach as beforeEachTest,
  test as runTest,
  suite,
} from "node:test";

import { expect } from "expect";

export { expect };

expect.addEqualityTesters([haveSameBytes]);

/** Vectors of the same bytes are equal, which this tells at once: Bun does so, too. Others are gone through. */
function haveSameBytes(a: unknown, b: unknown): true | undefined {
  if (!ArrayBuffer.isView(a) || !ArrayBuffer.isView(b)) return undefined;
  if (a.constructor !== b.constructor || a.byteLength !== b.byteLength) return undefined;
  const [ofA, ofB] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  return ofA?.every((byte, i) => byte === ofB?.[i]) ? true : undefined;
}

type Body = () => unknown;

interface TestOptions {
  readonly timeout?: number;
}

/**
 * What the file being loaded by `registerFile` registers at its top level; undefined where a file registers by itself.
 */
let registrations: (() => void)[] | undefined;

function register(registration: () => void): void {
  if (registrations) registrations.push(registration);
  else registration();
}

/**
 * Registers all that a test file does as one group of the file's name, its hooks included, so that one module holds the
 * tests of several files. A file that cannot be loaded is a failing test.
 */
export async function registerFile(path: string, load: () => Promise<unknown>): Promise<void> {
  let own: (() => void)[] = [];
  registrations = own;
  try {
    await load();
  } catch (error) {
    own = [() => test("is loaded", () => Promise.reject(error))];
  } finally {
    registrations = undefined;
  }
  suite(path, () => {
    for (const registration of own) registration();
  });
}

/** Registers a test; `options` is a time limit in milliseconds, as in Bun, or an object that holds one. */
export function test(name: string, body: Body, options: number | TestOptions = {}): void {
  const limits = typeof options === "number" ? { timeout: options } : options;
  register(() => {
    runTest(name, limits, async () => {
      await body();
    });
  });
}

/** `test.if(false)` skips: for what one runtime or machine does not have. */
test.if = (condition: boolean): ((name: string, body: Body, options?: number | TestOptions) => void) =>
  condition ? test : (name) => register(() => runTest.skip(name));

/** Groups tests. */
export function describe(name: string, body: () => void): void {
  register(() => suite(name, body));
}

/** `describe.if(false)` skips a group. */
describe.if = (condition: boolean): ((name: string, body: () => void) => void) =>
  condition ? describe : (name) => register(() => suite(name, { skip: true }, () => {}));

/** Runs once before the tests of the group or file. */
export function beforeAll(body: Body): void {
  register(() => {
    before(async () => {
      await body();
    });
  });
}

/** Runs once after the tests of the group or file. */
export function afterAll(body: Body): void {
  register(() => {
    after(async () => {
      await body();
    });
  });
}

/** Runs before each test. */
export function beforeEach(body: Body): void {
  register(() => {
    beforeEachTest(async () => {
      await body();
    });
  });
}

/** Runs after each test. */
export function afterEach(body: Body): void {
  register(() => {
    afterEachTest(async () => {
      await body();
    });
  });
}
