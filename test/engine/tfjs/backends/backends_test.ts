import { describe, expect, test } from "bun:test";
import { loadTfjsBackend, TFJS_BACKENDS } from "../../../../src/engine/tfjs/backends/backends.ts";
import { findMissingPackage, importOptionalPackage } from "../../../../src/engine/tfjs/backends/optional_package.ts";
import { catchError, createSmallModel } from "../../engine_fixtures.ts";
import { EngineWorker } from "../worker_engine.ts";

const { topology } = createSmallModel({ activations: [] });

async function withWorker(use: (worker: EngineWorker) => Promise<void>): Promise<void> {
  const worker = new EngineWorker("auto");
  try {
    await use(worker);
  } finally {
    worker.terminate();
  }
}

describe("loadTfjsBackend", () => {
  test("loadTfjsBackend() keeps the first choice and refuses another, when called again", async () => {
    await withWorker(async (worker) => {
      expect((await worker.createEngine(topology, "cpu")).name).toBe("tfjs-cpu");
      expect((await worker.createEngine(topology, "auto")).name).toBe("tfjs-cpu");
      const error = await catchError(worker.createEngine(topology, "wasm"));
      expect(String(error)).toContain("needs cpu, the backend this process");
    });
  });

  test("loadTfjsBackend() takes the best backend that loads, when it is left to choose", async () => {
    await withWorker(async (worker) => {
      const { name } = await worker.createEngine(topology, "auto");
      expect(["tfjs-tensorflow-gpu", "tfjs-tensorflow", "tfjs-wasm"]).toContain(name);
      expect((await worker.createEngine(topology, "auto")).name).toBe(name);
    });
  });

  test("loadTfjsBackend() leaves the choice open, when a backend could not be loaded", async () => {
    await withWorker(async (worker) => {
      // Its package is no dependency of Firn: missing, unless somebody installed it.
      const loaded = await worker.createEngine(topology, "webgpu").then(
        (engine) => engine.name,
        (error: unknown) => String(error),
      );
      if (loaded === "tfjs-webgpu") return;
      expect(loaded).toContain("the TF.js backend webgpu");
      expect((await worker.createEngine(topology, "cpu")).name).toBe("tfjs-cpu");
    });
  });

  test("loadTfjsBackend() lists the backends that there are, when the name is unknown", async () => {
    const wanted = JSON.parse('"wams"');
    const error = await catchError(loadTfjsBackend(wanted));
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain("did you mean wasm?");
    expect(TFJS_BACKENDS).toContain("wasm");
  });
});

describe("loadTfjsBackend() in a program", () => {
  test("loadTfjsBackend() leaves what happens to lost errors to the program, when the backend is wasm", async () => {
    await withWorker(async (worker) => {
      const before = await worker.countProcessListeners();
      await worker.createEngine(topology, "wasm");
      expect(await worker.countProcessListeners()).toBe(before);
    });
  });
});

describe("importOptionalPackage", () => {
  test("importOptionalPackage() says in one line what to install, when a package is missing", async () => {
    const loading = importOptionalPackage({ name: "@firn/is-not-there", purpose: "the imaginary backend" }, "1.2.3");
    const error = await catchError(loading);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toContain("the imaginary backend requires the package @firn/is-not-there (");
    expect(String(error)).toContain("@firn/is-not-there@1.2.3");
    expect(String(error)).not.toContain("\n");
  });

  test("importOptionalPackage() returns the module, when there is one", async () => {
    const { sep } = await importOptionalPackage<{ sep: string }>({ name: "node:path", purpose: "a path" });
    expect(sep.length).toBe(1);
  });
});

describe("findMissingPackage()", () => {
  test("findMissingPackage() says without importing what an import would fail with", async () => {
    const wanted = { name: "@firn/is-not-there", purpose: "the imaginary backend" };
    const error = await catchError(importOptionalPackage(wanted));
    expect(String(findMissingPackage(wanted))).toBe(String(error));
  });

  test("findMissingPackage() finds nothing missing where there is such a package", () => {
    expect(findMissingPackage({ name: "@tensorflow/tfjs", purpose: "models" })).toBeUndefined();
  });
});
