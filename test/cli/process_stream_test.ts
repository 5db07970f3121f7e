import { describe, expect, test } from "bun:test";
import { Writable } from "node:stream";
import { ProcessStream } from "../../src/cli/process_stream.ts";

function createFailure(code: string): Error {
  return Object.assign(new Error(`${code}: no`), { code });
}

/** A stream whose second write fails, and what was handed to it. */
function createFailing(code: string) {
  const texts: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      texts.push(String(chunk));
      queueMicrotask(() => done(texts.length === 2 ? createFailure(code) : null));
    },
  });
  return { stream, texts };
}

/** A stream that throws from its first write on. */
class ThrowingStream extends Writable {
  override write(): boolean {
    throw createFailure("ENOSPC");
  }
}

describe("ProcessStream", () => {
  test("write() drops what comes after a failure, and finish() says nothing of a reader that has gone", async () => {
    const { stream, texts } = createFailing("EPIPE");
    const output = new ProcessStream(stream);
    for (const text of ["a", "b", "c"]) output.write(text);
    expect(await output.finish()).toBe(undefined);
    output.write("d");
    expect(texts).toEqual(["a", "b"]);
  });

  test("finish() waits for the last write and tells of a full disk", async () => {
    const { stream } = createFailing("ENOSPC");
    const output = new ProcessStream(stream);
    output.write("a");
    output.write("b");
    const message = "Cannot write standard output: there is no space left on the disk";
    expect((await output.finish())?.message).toBe(message);
    const thrown = new ProcessStream(new ThrowingStream());
    thrown.write("a");
    expect((await thrown.finish())?.message).toBe(message);
  });

  test("finish() has nothing to say, when all was written or nothing", async () => {
    const texts: string[] = [];
    const output = new ProcessStream(
      new Writable({
        write(chunk, _encoding, done) {
          texts.push(String(chunk));
          setImmediate(done);
        },
      }),
    );
    expect(await output.finish()).toBe(undefined);
    output.write("a");
    output.write("b");
    expect(await output.finish()).toBe(undefined);
    expect(texts).toEqual(["a", "b"]);
  });
});

describe("ProcessStream on a terminal", () => {
  const open = (environment: Record<string, string>) =>
    new ProcessStream(Object.assign(new Writable(), { isTTY: true }), environment);

  test("has colors unless NO_COLOR holds something", () => {
    expect([{}, { NO_COLOR: "" }, { NO_COLOR: "1" }].map((environment) => open(environment).isColored)).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("is none where TERM is dumb", () => {
    const { isTTY, isColored } = open({ TERM: "dumb" });
    expect([isTTY, isColored, open({ TERM: "xterm" }).isTTY]).toEqual([false, false, true]);
  });
});
