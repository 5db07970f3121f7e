import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { elementAt } from "../../../src/core/element_at.ts";
import { RandomStream } from "../../../src/core/random_stream.ts";
import { createSharedFloat32, createSharedInt32 } from "../../../src/core/shared/shared_memory.ts";
import { createDataSource } from "../../../src/data/data_source.ts";
import { Dataset } from "../../../src/data/dataset.ts";
import { onnxModel } from "../../../src/models/onnx_model.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { LibrarySteps } from "../contestants/library_steps.ts";
import { createPythonCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";

/** Networks of torchvision, and how many images of theirs are in a minibatch. */
const NETWORKS = [
  { name: "resnet18", batchSize: 8 },
  { name: "mobilenet_v2", batchSize: 8 },
  { name: "efficientnet_b0", batchSize: 8 },
  { name: "vit_b_16", batchSize: 2 },
] as const;

/** Height and width of ImageNet's images. */
const SIDE = 224;

/**
 * A step of fine-tuning all of a network, 1 thread: PyTorch writes the network as an ONNX file, and both train it.
 * Norms go by the batch.
 */
export async function* runNetworksSuite(context: BenchContext): AsyncGenerator<Comparison> {
  if (context.pythons.length === 0) {
    context.note("The suite networks requires --peers: the networks are PyTorch's (torchvision and onnx)");
  }
  for (const python of context.pythons) {
    const folder = await mkdtemp(join(tmpdir(), "firn-networks-"));
    try {
      for (const network of NETWORKS) yield* compare(context, { ...network, python, folder });
    } finally {
      await rm(folder, { recursive: true });
    }
  }
}

interface Compared {
  readonly name: string;
  readonly batchSize: number;
  readonly python: PythonPeer;
  readonly folder: string;
}

async function* compare(
  context: BenchContext,
  { name, batchSize, python, folder }: Compared,
): AsyncGenerator<Comparison> {
  const { slowRepetitions: repetitions, slowSteps: steps } = context.sizes;
  const file = join(folder, `${name}.onnx`);
  const config = { threads: 1, network: name, side: SIDE, batchSize, file };
  // The peer writes the file before it is ready, and the library reads it then.
  const openTorch = () =>
    openPeer({
      name: describePython("PyTorch", python, 1),
      command: createPythonCommand(python, "networks_torch.py", config),
      request: { steps, training: true },
      answer: "msPerStep",
    });
  const workload = {
    name,
    createModel: () => onnxModel({ path: file, head: "keep", inputShape: [SIDE, SIDE, 3] }),
    loadData: async () => makePhotos(10 * batchSize),
  };
  const cluster = { workers: 0, logicalShards: 1, engine: "onnxruntime" } as const;
  const openOwn = () => LibrarySteps.open({ workload, batchSize, steps, cluster });
  const figures = await takeTurns(context, {
    about: `networks: ${name}`,
    leadIns: 0,
    open: [openTorch, openOwn],
    repetitions,
  });
  const [peer, own] = [elementAt(figures, 0), elementAt(figures, 1)];
  const title = `${name}, ${SIDE}², batch ${batchSize}, all of it trained`;
  yield { suite: "networks", name: title, unit: "ms", ours: own.values, peerName: peer.name, peer: peer.values };
}

/** Random images [count, 224, 224, 3] with class ids below 10. */
function makePhotos(count: number): Dataset {
  const random = new RandomStream(0, "bench-photos");
  const x = createSharedFloat32(count * SIDE * SIDE * 3);
  for (let i = 0; i < x.length; i++) x[i] = random.uniform();
  const y = createSharedInt32(count);
  for (let i = 0; i < y.length; i++) y[i] = random.integer(10);
  return Dataset.fromSource(
    createDataSource({ name: "made photos", x, y, sampleShape: [SIDE, SIDE, 3], taskLabel: 0, transforms: [] }),
  );
}
