/** A peer for tests: doubles numbers, counts requests, and dies when it is asked for "death". */
import process from "node:process";
import { readNumber } from "../../../scripts/bench/contestants/peer_process.ts";
import { serveLines } from "../../../scripts/peers/serve_lines.ts";

if (process.argv[2] === "stillborn") {
  process.stderr.write("no such library\n");
  process.exit(3);
}
let requests = 0;
await serveLines({ threads: process.env.OMP_NUM_THREADS, parameter: process.argv[2] }, async (request) => {
  if (request === "death") process.exit(7);
  requests += 1;
  return { doubled: 2 * readNumber(request, "value"), requests };
});
