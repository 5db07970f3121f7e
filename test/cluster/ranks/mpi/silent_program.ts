/** What one rank of a test runs: rank 1 leaves, and rank 0 does not, so that rank 1's call of MPI does not return. */

import { joinByMpi } from "../../../../src/cluster/ranks/join_ranks.ts";
import { describeCause } from "../../../../src/core/errors/errors.ts";

const { exchange } = (await joinByMpi({ silenceTimeoutMs: 2000 })) ?? {};
// Both have begun.
await exchange?.agree("");
if (exchange?.rank === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
try {
  await exchange?.close();
} catch (error) {
  console.log(describeCause(error));
  process.exitCode = 1;
}
