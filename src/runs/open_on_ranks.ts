import type { Ranks } from "../cluster/ranks/ranks.ts";
import type { Benchmark } from "../streams/experience.ts";
import { fingerprintSources } from "./resuming/source_fingerprints.ts";
import { observeRunDirectory, type RunDirectory } from "./run_directory.ts";

/**
 * The run's folder: rank 0 makes or opens it and is the only one that writes there.
 * @throws {RefusalError} If a rank has read other data than rank 0.
 */
export async function openOnRanks(
  ranks: Ranks,
  benchmark: Benchmark,
  open: () => Promise<RunDirectory>,
): Promise<RunDirectory> {
  if (ranks.size > 1) await ranks.assertSame("data", JSON.stringify(fingerprintSources(benchmark)));
  let opened: RunDirectory | undefined;
  const path = await ranks.askFirst(async () => {
    opened = await open();
    return opened.path;
  });
  return opened ?? observeRunDirectory(path);
}
