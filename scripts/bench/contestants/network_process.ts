/**
 * A network from an ONNX file in a process of its own, as its peers are: so that the memory of one counts nothing of
 * another. Parameter: {"file", "name", "side", "batchSize"} as JSON. Request: {"steps": n, "training": false for
 * outputs alone}; answer: {"msPerStep"}, and "peakMegabytes" where the system tells it.
 */
import process from "node:process";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { serveLines } from "../../peers/serve_lines.ts";
import { makePhotos } from "../suites/made_photos.ts";
import { LibrarySteps } from "./library_steps.ts";
import { readPeakMegabytes } from "./peak_memory.ts";
import { readNumber } from "./peer_process.ts";

/** What its parameter says. */
interface NetworkConfig {
  readonly file: string;
  readonly name: string;
  readonly side: number;
  readonly batchSize: number;
}

const { file, name, side, batchSize }: NetworkConfig = JSON.parse(process.argv[2] ?? "{}");
const training = await LibrarySteps.open({
  workload: {
    name,
    createModel: () => onnxModel({ path: file, head: "keep", inputShape: [side, side, 3] }),
    loadData: async () => makePhotos(10 * batchSize, side),
  },
  batchSize,
  steps: 1,
  cluster: { workers: 0, logicalShards: 1, engine: "onnxruntime" },
});

await serveLines({ name: training.name }, async (request) => {
  const steps = readNumber(request, "steps");
  const isTraining = Reflect.get(Object(request), "training") === true;
  let sumMs = 0;
  for (let i = 0; i < steps; i++) sumMs += await (isTraining ? training.measure() : training.measureForward());
  return { msPerStep: sumMs / steps, peakMegabytes: await readPeakMegabytes("self") };
});
await training.close();
