import { assertProcessesShare } from "../../cluster/processes/probe_processes.ts";
import { describeCause } from "../../core/errors/errors.ts";
import type { Finding } from "./finding.ts";

/** Whether replicas can live in processes of their own: tried with one. */
export async function findProcesses(tryIt = assertProcessesShare): Promise<Finding[]> {
  const place = { group: "machine", name: "replicas in processes" } as const;
  try {
    await tryIt();
    return [{ ...place, isThere: true, detail: "a process of its own changed this one's memory, and woke it" }];
  } catch (error) {
    const install = "nothing; replicas live in threads here, --isolation thread";
    return [{ ...place, isThere: false, detail: describeCause(error), install }];
  }
}
