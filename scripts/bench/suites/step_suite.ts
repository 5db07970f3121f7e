import { elementAt } from "../../../src/core/element_at.ts";
import { type BenchContext, type Figures, takeTurns } from "../bench_context.ts";
import type { Comparison } from "../bench_row.ts";
import { LibrarySteps } from "../contestants/library_steps.ts";
import { findMnistFolder } from "../contestants/mnist_folder.ts";
import { createPythonCommand, createTfjsCommand, describePython, openPeer } from "../contestants/peer_contestant.ts";
import { readNumber } from "../contestants/peer_process.ts";
import { countStepFlops, openGemm } from "../profiles/gemm_rate.ts";
import { median } from "../statistics.ts";
import { listWorkloads, type Workload } from "./workloads.ts";

/**
 * One training step, 1 thread: the library against PyTorch, TF.js, and what the machine's matrix products would allow.
 */
export async function* runStepSuite(context: BenchContext): AsyncGenerator<Comparison> {
  const { gemmSize } = context.sizes;
  const square = { rows: gemmSize, inner: gemmSize, columns: gemmSize };
  const figures = await takeTurns(context, { about: "step: matrix product", open: [() => openGemm(square)] });
  const gigaflops = median(elementAt(figures, 0).values);
  context.note(
    `A product of ${gemmSize} × ${gemmSize} matrices by onnxruntime on one thread: ${gigaflops.toFixed(1)} GFLOP/s`,
  );
  for (const workload of listWorkloads(context.sizes)) {
    yield* compareWithPython(context, workload, gigaflops);
    yield* compareWithTfjs(context, workload);
  }
}

async function* compareWithPython(
  context: BenchContext,
  workload: Workload,
  gigaflops: number,
): AsyncGenerator<Comparison> {
  const { sizes, pythons } = context;
  const { batchSize } = workload;
  const steps = workload.isSlow ? sizes.slowSteps : sizes.steps;
  const title = `${workload.name}, batch ${batchSize}`;
  const openOwn = (workers: number) => () =>
    LibrarySteps.open({ workload, batchSize, steps, cluster: { workers, logicalShards: 1, engine: "onnxruntime" } });
  const [worker, inline, ...peers] = await takeTurns(context, {
    about: `step: ${title}`,
    leadIns: workload.isSlow ? 0 : 1,
    open: [
      openOwn(1),
      openOwn(0),
      ...pythons.map((python) => () => openTorchSteps(context, { workload, python, steps })),
    ],
    repetitions: workload.isSlow ? sizes.slowRepetitions : sizes.repetitions,
  });
  if (!worker || !inline) return;
  const base = { suite: "step", unit: "ms" } as const;
  for (const peer of peers) {
    yield { ...base, name: `${title}, 1 worker`, ours: worker.values, peerName: peer.name, peer: peer.values };
    yield { ...base, name: `${title}, workers 0`, ours: inline.values, peerName: peer.name, peer: peer.values };
  }
  const model = workload.createModel();
  const floorMs = countStepFlops(model, batchSize) / gigaflops / 1e6;
  model.dispose();
  const floor = { peerName: "its products at the large product's rate", peer: [floorMs] };
  yield { ...base, name: `${title}, 1 worker`, ours: worker.values, ...floor };
}

async function* compareWithTfjs(context: BenchContext, workload: Workload): AsyncGenerator<Comparison> {
  const { sizes } = context;
  const { batchSize, isSlow } = workload;
  // A turn of few short steps would measure what waiting for the others has cost, not the steps.
  const ownSteps = isSlow ? sizes.slowSteps : sizes.steps;
  const steps = isSlow ? sizes.slowSteps : sizes.fewSteps;
  const openOwn = (workers: number) => () =>
    LibrarySteps.open({ workload, batchSize, steps: ownSteps, cluster: { workers, engine: "onnxruntime" } });
  const openTfjs = () => LibrarySteps.open({ workload, batchSize, steps, cluster: { workers: 1, engine: "tfjs" } });
  const openPlain = () =>
    openPeer({
      name: "TF.js as it comes, wasm",
      command: createTfjsCommand(batchSize),
      request: { steps },
      answer: "msPerStep",
    });
  // Plain TF.js lacks the kernels that convolutions need to be trained on wasm.
  const isPlainPossible = workload.peerModel === "simple-mlp";
  const figures = await takeTurns(context, {
    about: `step: ${workload.name} against TF.js`,
    leadIns: isSlow ? 0 : 1,
    open: [openOwn(1), openOwn(0), openTfjs, ...(isPlainPossible ? [openPlain] : [])],
    repetitions: sizes.longRepetitions,
  });
  const [worker, inline] = [elementAt(figures, 0), elementAt(figures, 1)];
  const title = `${workload.name}, batch ${batchSize}`;
  const compare = (name: string, own: Figures, peer: Figures): Comparison => ({
    suite: "step",
    name,
    unit: "ms",
    ours: own.values,
    peerName: peer.name,
    peer: peer.values,
  });
  for (const peer of figures.slice(2)) {
    yield compare(`${title}, 1 worker`, worker, peer);
    yield compare(`${title}, workers 0`, inline, peer);
  }
}

async function openTorchSteps(
  context: BenchContext,
  { workload, python, steps }: { workload: Workload; python: BenchContext["pythons"][number]; steps: number },
) {
  const { gemmSize } = context.sizes;
  const name = describePython("PyTorch", python, 1);
  const config = {
    threads: 1,
    model: workload.peerModel,
    batchSize: workload.batchSize,
    data: findMnistFolder(),
    gemmSize,
  };
  const command = createPythonCommand(python, "step_torch.py", config);
  const peer = await openPeer({ name, command, request: { steps }, answer: "msPerStep" });
  const rate = readNumber(peer.ready, "gemmRate");
  context.note(
    `The same product by ${name}: ${rate.toFixed(1)} GFLOP/s (much less than onnxruntime's means a slow BLAS)`,
  );
  return peer;
}
