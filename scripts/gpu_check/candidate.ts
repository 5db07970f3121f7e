/**
 * A program of its own, `candidate.ts ENGINE DEVICE`: measures one engine on one device and prints one line of JSON. It
 * has a process to itself because a native library that does not fit may end the process, and TF.js has one backend a
 * process.
 */

import process from "node:process";
import { describeCause, RangeRefusal } from "../../src/core/errors/errors.ts";
import { assertDevice } from "../../src/engine/create_engine.ts";
import { measureCandidate } from "./measure_candidate.ts";

const [, , engine = "", device = "", extent = ""] = process.argv;
const QUICK = { steps: 1, repetitions: 1, batchSize: 8 };
const FULL = { steps: 20, repetitions: 5, batchSize: 128 };
const sizes = extent === "quick" ? QUICK : FULL;

try {
  assertDevice(device);
  if (engine !== "onnxruntime" && engine !== "tfjs") throw new RangeRefusal(`Cannot measure the engine "${engine}"`);
  process.stdout.write(`${JSON.stringify(await measureCandidate({ engine, device }, sizes))}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ reason: describeCause(error) })}\n`);
  process.exitCode = 1;
}
