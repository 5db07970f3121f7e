/** The command line, with replicas that break at the moment that `FIRN_FAULT` in the environment names. */
import { runCli } from "../../src/cli/run_cli.ts";
import { runInProcess } from "../../src/cli/run_in_process.ts";
import { Cluster } from "../../src/cluster/cluster.ts";

const workerEntry = new URL("../../test/cluster/supervision/breaking_replica.ts", import.meta.url);
const start = Cluster.start;
Cluster.start = (model, options, training) => start.call(Cluster, model, { ...options, workerEntry }, training);

await runInProcess(runCli);
