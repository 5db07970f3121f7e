import { describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { openForeignInterface } from "../../../../src/core/foreign/open_foreign_interface.ts";
import { findLibrary } from "../../../../src/engine/onnxruntime/native/library_path.ts";
import { encodeText, NativeApi, parseApiVersion } from "../../../../src/engine/onnxruntime/native/native_api.ts";
import { openApi } from "./opened_api.ts";

const PACKAGE = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");

describe("NativeApi", () => {
  test("open() takes the version that the library of the package has", async () => {
    const { version }: { version: string } = JSON.parse(await readFile(PACKAGE, "utf8"));
    expect((await openApi()).version).toBe(version);
  });

  test("open() refuses a library that is not there, or is another", async () => {
    const foreign = await openForeignInterface();
    const library = findLibrary();
    expect(() => NativeApi.open(foreign, join(dirname(library), "no_such_library.so"))).toThrow();
    // A library, but none of onnxruntime's own.
    expect(() => NativeApi.open(foreign, join(dirname(library), "..", "..", "..", "..", "package.json"))).toThrow();
  });

  test("make() throws onnxruntime's own words, and counts nothing, when it fails", async () => {
    const api = await openApi();
    const count = api.countMade("CreateSessionFromArray");
    const options = api.make("CreateSessionOptions");
    expect(() => api.createSession(encodeText("no model at all"), options)).toThrow(/Protobuf parsing failed/i);
    expect(api.countMade("CreateSessionFromArray")).toBe(count);
    api.free("ReleaseSessionOptions", options);
  });

  test("addressOf() gives where an array stays, when its buffer is asked for later", async () => {
    const api = await openApi();
    // Runtimes keep so small an array elsewhere until then.
    const array = new Float32Array(2);
    const address = api.addressOf(array);
    expect(array.buffer.byteLength).toBe(8);
    expect(api.addressOf(array)).toBe(address);
    expect(api.addressOf(array.subarray(1))).toBe(address + 4);
  });

  test("call() reaches the functions that the table names", async () => {
    const api = await openApi();
    const options = api.make("CreateSessionOptions");
    // Each refuses what it knows to be wrong, in words that no other function has.
    const entry = () => api.call("AddSessionConfigEntry", options, encodeText(""), encodeText("1"));
    expect(entry).toThrow(/config_key is empty|Config key is empty/i);
    expect(() => api.call("SetSessionGraphOptimizationLevel", options, 1234)).toThrow(/graph_optimization_level/);
    expect(() => api.call("SetSessionExecutionMode", options, 1234)).toThrow(/execution_mode/);
    expect(() => api.createTensor(new Float32Array(2), [-1])).toThrow(/negative|shape/i);
    api.free("ReleaseSessionOptions", options);
  });
});

describe("parseApiVersion()", () => {
  test("gives the number of the API, and refuses what is too old or numbered otherwise", () => {
    expect(parseApiVersion("1.30.0")).toBe(30);
    expect(parseApiVersion("1.14.1-dev")).toBe(14);
    for (const version of ["1.13.9", "0.30.0", "2.0.0", ""]) {
      expect(() => parseApiVersion(version)).toThrow(/must be of version 1.14 or a later 1/);
    }
  });
});

describe("findLibrary()", () => {
  test("finds the library of each platform that the package has one for", () => {
    for (const [platform, arch] of [
      ["linux", "x64"],
      ["linux", "arm64"],
      ["darwin", "arm64"],
      ["win32", "x64"],
      ["win32", "arm64"],
    ] as const) {
      expect(findLibrary({ platform, arch })).toContain(join("napi-v6", platform, arch));
    }
  });

  test("refuses platforms that the package has none for, by name", () => {
    expect(() => findLibrary({ platform: "freebsd", arch: "x64" })).toThrow(/no library for freebsd/);
    expect(() => findLibrary({ platform: "linux", arch: "riscv64" })).toThrow(/no library for linux on riscv64/);
  });
});
