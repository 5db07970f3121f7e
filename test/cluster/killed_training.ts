/** Trains on features in a folder until the first minibatch is over, and is killed then. */
import process from "node:process";
import { createStrategy, makeBenchmark } from "./featured_strategy.ts";

const [featureCacheFolder = ""] = process.argv.slice(2);
const plugin = { name: "killer", afterTrainingIteration: () => void process.kill(process.pid, "SIGKILL") };
const strategy = createStrategy("none", { workers: 0, featureCacheFolder }, { plugins: [plugin] });
await strategy.train(makeBenchmark().trainStream);
