/**
 * A program of its own: writes a number into a file as `readCsv` does where memory would not hold them, says where that
 * is, and ends, or kills itself, if it is told so.
 */
import { writeSync } from "node:fs";
import process from "node:process";
import { FloatSpill } from "../../../src/data/csv/float_spill.ts";

const spill = await FloatSpill.open();
spill.add(1);
spill.finish();
writeSync(1, spill.path);
if (process.argv[2] === "killed") process.kill(process.pid, "SIGKILL");
