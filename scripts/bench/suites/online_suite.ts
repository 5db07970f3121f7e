import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import type { PythonPeer } from "../contestants/find_pythons.ts";
import { ONLINE_BATCH_SIZE, openOnline, openOnlinePeer } from "../contestants/online_training.ts";
import { describePython } from "../contestants/peer_contestant.ts";
import type { Contestant } from "../interleave.ts";

/** Online replay: experiences of 10 samples, 10 more of a class-balanced memory, one training step each. */
export async function* runOnlineSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  const openers = pythons.flatMap((python) => listPeers(context, python));
  if (pythons.length > 0 && pythons.every(({ avalanche }) => avalanche === undefined)) {
    context.note(
      "Avalanche (avalanche-lib) is in none of the Pythons: online is compared with plain PyTorch, which is not Avalanche",
    );
  }
  const open = (workers: number) => () => openOnline(sizes, { workers, engine: "onnxruntime", steps: sizes.steps });
  const figures = await takeTurns(context, {
    about: "online",
    leadIns: 1,
    open: [open(1), open(0), ...openers],
  });
  const [worker, inline] = [elementAt(figures, 0), elementAt(figures, 1)];
  const peers = figures.slice(2);
  const base = { suite: "online", unit: "steps/s" } as const;
  const title = `replay ${ONLINE_BATCH_SIZE} + ${ONLINE_BATCH_SIZE}, memory ${sizes.memorySize}`;
  for (const peer of peers) {
    yield { ...base, name: `${title}, workers 0`, ours: inline.values, peerName: peer.name, peer: peer.values };
    yield { ...base, name: `${title}, 1 worker`, ours: worker.values, peerName: peer.name, peer: peer.values };
  }
  const engines = await takeTurns(context, {
    about: "online against TF.js",
    leadIns: 1,
    open: (["onnxruntime", "tfjs"] as const).map(
      (engine) => () => openOnline(sizes, { workers: 1, engine, steps: sizes.fewSteps }),
    ),
    repetitions: sizes.longRepetitions,
  });
  const [own, tfjs] = [elementAt(engines, 0), elementAt(engines, 1)];
  const name = `${title}, 1 worker`;
  yield { ...base, name, ours: own.values, peerName: tfjs.name, peer: tfjs.values };
}

function listPeers({ sizes }: BenchContext, python: PythonPeer): (() => Promise<Contestant>)[] {
  const { steps } = sizes;
  const plain = `${describePython("PyTorch", python, 1)}, a plain loop`;
  const torch = () => openOnlinePeer(sizes, { name: plain, python, script: "online_torch.py", steps, more: {} });
  if (python.avalanche === undefined) return [torch];
  const name = describePython("Avalanche", python, 1);
  const more = { inMemory: false };
  return [() => openOnlinePeer(sizes, { name, python, script: "online_avalanche.py", steps, more }), torch];
}
