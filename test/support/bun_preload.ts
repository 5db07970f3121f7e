import { setDefaultTimeout } from "bun:test";

// Bun's five seconds are too few for Workers that start one by one on a busy machine with two cores.
setDefaultTimeout(30_000);
