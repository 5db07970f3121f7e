/**
 * A program of its own, `candidate.ts ENGINE DEVICE EXTENT NETWORKS`: measures one engine on one device and prints one
 * line of JSON. It has a process to itself because a native library that does not fit may end the process, and TF.js
 * has one backend a process.
 */

import process from "node:process";
import { describeCause, RangeRefusal } from "../../src/core/errors/errors.ts";
import { assertDevice } from "../../src/engine/create_engine.ts";
import { SIZES } from "./check_models.ts";
import { measureCandidate } from "./measure_candidate.ts";

const [, , engine = "", device = "", extent = "", networks = ""] = process.argv;
const sizes = extent === "quick" ? SIZES.quick : SIZES.full;

try {
  assertDevice(device);
  if (engine !== "onnxruntime" && engine !== "tfjs") throw new RangeRefusal(`Cannot measure the engine "${engine}"`);
  process.stdout.write(`${JSON.stringify(await measureCandidate({ engine, device }, sizes, networks))}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ reason: describeCause(error) })}\n`);
  process.exitCode = 1;
}
