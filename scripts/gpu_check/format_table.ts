import type { CandidateResult, PeerStep } from "./gpu_report.ts";

/** The figures as a table of Markdown, for docs/gpu.md. A ratio of more than 1 says that Firn is faster. */
export function formatTable(candidates: readonly CandidateResult[], peers: readonly PeerStep[]): string {
  const rows = candidates.flatMap((result) => {
    if (!result.loads) return [];
    return result.measured.steps.map(({ model, batchSize, milliseconds, cpuMilliseconds, pinned }) => {
      const peer = peers.find((step) => step.model === model && step.batchSize === batchSize)?.milliseconds;
      const parity = result.measured.gradients.find((gradient) => gradient.model === model);
      return [
        `${model}, ${batchSize} rows`,
        `${result.engine} on ${result.device}`,
        show(milliseconds),
        show(pinned?.milliseconds),
        show(peer),
        peer === undefined ? "–" : (peer / milliseconds).toFixed(2),
        show(cpuMilliseconds ?? undefined),
        parity === undefined ? "–" : parity.relativeDifference.toExponential(1),
      ];
    });
  });
  const header = [
    "model",
    "engine",
    "ms a step",
    "with pinned memory",
    "PyTorch",
    "ratio",
    "1 thread of the processor",
    "gradient",
  ];
  return [header, header.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |\n`).join("");
}

function show(milliseconds: number | undefined): string {
  return milliseconds === undefined ? "–" : milliseconds.toPrecision(3);
}
