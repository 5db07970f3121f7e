import { readdir, readFile } from "node:fs/promises";
import { COORDINATOR_VARIABLE } from "../../src/cluster/processes/channel.ts";

/** The numbers of the processes in which a coordinator's replicas live, by what Linux tells of all processes. */
export async function listReplicas(coordinator: number): Promise<number[]> {
  const variable = `${COORDINATOR_VARIABLE}=${coordinator}`;
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    // It may have ended meanwhile, or be another user's.
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (environment.split("\0").includes(variable)) found.push(Number(name));
  }
  return found;
}
