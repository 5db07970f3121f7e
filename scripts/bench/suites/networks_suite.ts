import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, type Figures, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { createPythonCommand, describePython } from "../contestants/peer_contestant.ts";
import { createScriptCommand, type PeerCommand, PeerProcess, readNumber } from "../contestants/peer_process.ts";
import type { Contestant } from "../interleave.ts";
import { compareFrozenNetwork } from "./frozen_network.ts";

/** Networks of torchvision, and how many images of theirs are in a minibatch. */
const NETWORKS = [
  { name: "resnet18", batchSize: 8 },
  { name: "mobilenet_v2", batchSize: 8 },
  { name: "efficientnet_b0", batchSize: 8 },
  { name: "vit_b_16", batchSize: 2 },
] as const;

/** Height and width of ImageNet's images. */
const SIDE = 224;

const NETWORK_PROCESS = fileURLToPath(new URL("../contestants/network_process.ts", import.meta.url));

/**
 * Whole networks, 1 thread: PyTorch writes each as an ONNX file, and both sides train it and compute its outputs, each
 * in a process of its own, whose peak memory is compared, too. Norms go by the batch in training. Then a frozen network
 * with a new classifier, beside Avalanche.
 */
export async function* runNetworksSuite(context: BenchContext): AsyncGenerator<Comparison> {
  if (context.pythons.length === 0) {
    context.note("The suite networks requires --peers: the networks are PyTorch's (torchvision and onnx)");
  }
  for (const python of context.pythons) {
    const folder = await mkdtemp(join(tmpdir(), "firn-networks-"));
    try {
      for (const network of NETWORKS) yield* compare(context, { ...network, python, folder });
      yield* compareFrozenNetwork(context, { python, folder });
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

async function* compare(context: BenchContext, compared: Compared): AsyncGenerator<Comparison> {
  const title = `${compared.name}, ${SIDE}², batch ${compared.batchSize}`;
  const training = await takeSides(context, { ...compared, training: true });
  const times = training.map((side) => side.times);
  yield createComparison(`${title}, all of it trained`, "ms", times);
  const peaks = training.map((side) => side.peaks);
  if (peaks.every(({ values }) => values.length > 0)) {
    yield createComparison(`${title}, peak memory of training`, "MB", peaks);
  }
  const forward = await takeSides(context, { ...compared, training: false });
  const forwardTimes = forward.map((side) => side.times);
  yield createComparison(`${title}, outputs alone`, "ms", forwardTimes);
}

function createComparison(name: string, unit: "ms" | "MB", sides: readonly Figures[]): Comparison {
  const [peer, own] = [elementAt(sides, 0), elementAt(sides, 1)];
  return { suite: "networks", name, unit, ours: own.values, peerName: peer.name, peer: peer.values };
}

/** One side of a comparison, in a process of its own. */
class NetworkSide implements Contestant {
  readonly name: string;
  /** The most memory that the process has held so far; undefined where the system does not tell. */
  peakMegabytes: number | undefined;
  readonly #peer: PeerProcess;
  readonly #request: unknown;

  private constructor(name: string, peer: PeerProcess, request: unknown) {
    this.name = name;
    this.#peer = peer;
    this.#request = request;
  }

  static async start(name: string, command: PeerCommand, request: unknown): Promise<NetworkSide> {
    return new NetworkSide(name, await PeerProcess.start(`measure ${name}`, command), request);
  }

  async measure(): Promise<number> {
    const answer = await this.#peer.ask(this.#request);
    const peak: unknown = Reflect.get(Object(answer), "peakMegabytes");
    if (typeof peak === "number") this.peakMegabytes = peak;
    return readNumber(answer, "msPerStep");
  }

  close(): Promise<void> {
    return this.#peer.close();
  }
}

interface Side {
  /** Milliseconds a step. */
  readonly times: Figures;
  /** The process's peak at its end, or nothing where the system does not tell. */
  readonly peaks: Figures;
}

/** PyTorch's side and ours. */
async function takeSides(
  context: BenchContext,
  { name, batchSize, python, folder, training }: Compared & { readonly training: boolean },
): Promise<Side[]> {
  const { slowRepetitions: repetitions, slowSteps: steps } = context.sizes;
  const config = { threads: 1, network: name, name, side: SIDE, batchSize, file: join(folder, `${name}.onnx`) };
  const sides: NetworkSide[] = [];
  const open = (title: string, command: PeerCommand) => async () => {
    const side = await NetworkSide.start(title, command, { steps, training });
    sides.push(side);
    return side;
  };
  const times = await takeTurns(context, {
    about: `networks: ${name}, ${training ? "training" : "outputs"}`,
    // Weights that are evaluated first are made constants of a session, once for all images of an evaluation.
    leadIns: training ? 0 : 1,
    // PyTorch writes the file before it is ready, and the library reads it then.
    open: [
      open(describePython("PyTorch", python, 1), createPythonCommand(python, "networks_torch.py", config)),
      open("Firn", createScriptCommand(NETWORK_PROCESS, [JSON.stringify(config)])),
    ],
    repetitions,
  });
  return sides.map(({ name: side, peakMegabytes }, i) => ({
    times: elementAt(times, i),
    peaks: { name: side, values: peakMegabytes === undefined ? [] : [peakMegabytes] },
  }));
}
