import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { simpleMLP } from "../../../src/models/simple_mlp.ts";
import { exportModel } from "../../../src/onnx/export/export_model.ts";
import { parseTopology } from "../../../src/onnx/topology/parse_topology.ts";

/** The file that all servers answer with. */
export interface ServedNetwork extends AsyncDisposable {
  readonly path: string;
}

/** Writes SimpleMLP with random weights into a folder of its own. */
export async function writeServedNetwork(): Promise<ServedNetwork> {
  const folder = await mkdtemp(join(tmpdir(), "firn-bench-"));
  const path = join(folder, "model-0.onnx");
  const model = simpleMLP();
  const spec = parseTopology(model.toJSON(undefined, false));
  model.dispose();
  const random = new RandomStream(0, "bench");
  const parameters = Float32Array.from({ length: spec.layout.size }, () => 0.05 * random.normal());
  await writeFile(path, exportModel({ spec, parameters, state: new Float32Array(0), metadata: {} }));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
