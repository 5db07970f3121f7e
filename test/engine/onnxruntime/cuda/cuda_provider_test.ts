import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  findCudaProvider,
  lacksCudaProvider,
  PROVIDER_FILES,
} from "../../../../src/engine/onnxruntime/cuda/cuda_provider.ts";
import { explainCuda } from "../../../../src/engine/onnxruntime/cuda/explain_cuda.ts";
import { canCompile, makeSharedObject } from "../../../support/shared_objects.ts";

const [SHARED, CUDA] = PROVIDER_FILES;
let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "firn-cuda-test-"));
});
afterAll(() => rm(root, { recursive: true }));

async function makeFolder(name: string): Promise<string> {
  const folder = join(root, name);
  await mkdir(folder);
  return folder;
}

describe("findCudaProvider()", () => {
  test("is absent where a file of it is missing", async () => {
    const folder = await makeFolder("partly");
    await writeFile(join(folder, CUDA), "");
    expect(findCudaProvider(folder)).toEqual({ kind: "absent" });
    expect(lacksCudaProvider(folder)).toBe(true);
  });

  test("gives the loader's words about a file that is no library, without its path", async () => {
    const folder = await makeFolder("text");
    for (const name of PROVIDER_FILES)
      await writeFile(join(folder, name), "not a library, but long enough for a header");
    expect(lacksCudaProvider(folder)).toBe(false);
    const state = findCudaProvider(folder);
    if (state.kind !== "unloadable") throw new Error(`it is ${state.kind}`);
    expect(state.words).not.toContain(folder);
    expect(state.words.split("\n")).toHaveLength(1);
  });

  test.if(canCompile)(
    "names the library that a provider needs and that is not there, and loads one that is",
    async () => {
      const folder = await makeFolder("compiled");
      await makeSharedObject(folder, SHARED);
      await makeSharedObject(folder, "libcuda.so.1");
      await makeSharedObject(folder, CUDA, { needs: "libcuda.so.1" });
      expect(findCudaProvider(folder)).toEqual({
        kind: "unloadable",
        words: "libcuda.so.1: cannot open shared object file: No such file or directory",
      });
      await makeSharedObject(folder, CUDA);
      expect(findCudaProvider(folder)).toEqual({ kind: "loadable" });
    },
  );
});

describe("explainCuda()", () => {
  const ofDriver = /^NVIDIA's driver R580 or later/;
  test("tells the states apart, with what to do in each", () => {
    expect(explainCuda({ kind: "absent" })).toEqual({
      problem: "its CUDA provider is not installed",
      install: expect.stringMatching(/setup cuda$/),
    });
    const words = "libcuda.so.1: cannot open shared object file: No such file or directory";
    expect(explainCuda({ kind: "unloadable", words })).toEqual({
      problem: `its CUDA provider does not load (${words})`,
      install: expect.stringMatching(ofDriver),
    });
    const other = explainCuda({ kind: "unloadable", words: words.replace("libcuda.so.1", "libcublasLt.so.13") });
    expect(other.install).toMatch(/setup cuda$/);
  });

  test("shortens what onnxruntime says of a device to what CUDA said", () => {
    const say = (failure: string) =>
      `cuda_call.cc:146 [with E = cudaError] ${failure} ; GPU=-1 ; hostname=x ; expr=f();`;
    const explain = (failure: string) => explainCuda({ kind: "loadable" }, say(failure));
    expect(explain("CUDA failure 100: no CUDA-capable device is detected").problem).toBe(
      "its CUDA provider loads and finds no GPU that it can use (CUDA failure 100: no CUDA-capable device is detected)",
    );
    expect(explain("CUDA failure 101: invalid device ordinal").problem).toMatch(/^there is no GPU of that number/);
    expect(explain("CUDA failure 35: driver version is insufficient").install).toMatch(ofDriver);
  });
});
