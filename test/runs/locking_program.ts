/** Takes the lock of a folder, as a program of its own. */
import process from "node:process";
import { RunLock } from "../../src/runs/run_lock.ts";

RunLock.acquire(process.argv[2] ?? "");
