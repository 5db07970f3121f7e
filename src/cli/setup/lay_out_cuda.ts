import { existsSync } from "node:fs";
import { copyFile, link, lstat, mkdir, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { RefusalError } from "../../core/errors/errors.ts";
import { findCudaProvider, PROVIDER_FILES } from "../../engine/onnxruntime/cuda/cuda_provider.ts";

/** What is laid beside onnxruntime's library. */
export interface CudaLayout {
  /** The folder with the provider's files, which look for NVIDIA's libraries in a folder "cuda" beside them. */
  readonly provider: string;
  /** Folders of wheels with NVIDIA's libraries. */
  readonly folders: readonly string[];
  /** What the libraries are called together: "cuda-13.0". */
  readonly name: string;
}

/** Libraries in the wheels that nothing here loads. */
const UNUSED = /^(libnvblas|libcufftw|libnvrtc\.alt|libnvrtc-builtins\.alt)/;

/**
 * Lays the CUDA provider and NVIDIA's libraries beside onnxruntime's library. They are put together in a folder of
 * their own and loaded there first. Then three names are replaced, each at once: the link "cuda", and the provider's
 * files. After each of these steps the old provider works, or the new one does.
 * @param home The folder of onnxruntime's library.
 * @throws {RefusalError} If the loader does not take the provider for another reason than the driver's absence; what
 *   was there before is as it was.
 */
export async function layOutCuda(home: string, { provider, folders, name }: CudaLayout): Promise<void> {
  const target = join(home, name);
  if (!existsSync(join(target, ".complete"))) {
    await makeWhole(target, async (partial) => {
      for (const path of (await Promise.all(folders.map(listLibraries))).flat()) {
        await linkOrCopy(path, join(partial, basename(path)));
      }
      await writeFile(join(partial, ".complete"), "");
    });
  }
  await assertLoads(home, provider, name);
  await pointTo(name, join(home, "cuda"));
  for (const file of PROVIDER_FILES) await replaceFile(join(provider, file), join(home, file));
  for (const other of await readdir(home)) {
    if (other.startsWith("cuda-") && other !== name) await rm(join(home, other), { recursive: true });
  }
}

/** Fills a folder under another name, which is removed if that fails. */
async function makeWhole(target: string, fill: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${target}.partial`;
  await rm(partial, { recursive: true, force: true });
  await mkdir(partial);
  try {
    await fill(partial);
    await rm(target, { recursive: true, force: true });
    await rename(partial, target);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

async function assertLoads(home: string, provider: string, name: string): Promise<void> {
  const trial = join(home, "cuda-trial");
  await rm(trial, { recursive: true, force: true });
  await mkdir(trial);
  try {
    for (const file of PROVIDER_FILES) await linkOrCopy(join(provider, file), join(trial, file));
    await symlink(join("..", name), join(trial, "cuda"));
    const state = findCudaProvider(trial);
    if (state.kind !== "unloadable" || state.words.includes("libcuda.so")) return;
    throw new RefusalError(`the CUDA provider does not load: ${state.words}`);
  } finally {
    await rm(trial, { recursive: true });
  }
}

async function listLibraries(folder: string): Promise<string[]> {
  const names = await readdir(join(folder, "nvidia"), { recursive: true });
  const libraries = names.filter((name) => basename(name).includes(".so") && !UNUSED.test(basename(name)));
  return libraries.map((name) => join(folder, "nvidia", name));
}

/** Without a second copy where cache and package are on one disk. Nothing writes into these files. */
async function linkOrCopy(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch {
    await copyFile(from, to);
  }
}

async function replaceFile(from: string, to: string): Promise<void> {
  await rm(`${to}.new`, { force: true });
  await linkOrCopy(from, `${to}.new`);
  await rename(`${to}.new`, to);
  // Of two names of one file, a rename keeps both.
  await rm(`${to}.new`, { force: true });
}

async function pointTo(target: string, path: string): Promise<void> {
  await rm(`${path}.new`, { force: true });
  await symlink(target, `${path}.new`);
  // A folder that something else has made stands in the way of a link.
  const there = await lstat(path).catch(() => undefined);
  if (there?.isDirectory()) await rename(path, `${path}-other`);
  await rename(`${path}.new`, path);
}
