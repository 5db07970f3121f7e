/** Prints the model of step times in docs/scaling.md from its constants. */
import { type ModelledLink, type ModelledNetwork, modelStep } from "./step_model.ts";

/**
 * SimpleMLP: measured (docs/benchmarks.md). The others: 3 · 2 · multiply-adds of a pass, by 58 GFLOP/s, which a thread
 * reaches in convolutions, 0.7 of its rate of matrix products.
 */
const NETWORKS: readonly ModelledNetwork[] = [
  { name: "SimpleMLP, 128 rows", parameters: 407_050, rows: 128, computeMs: 1.2 },
  { name: "ResNet-18 on 32 × 32, 64 rows", parameters: 11_173_962, rows: 64, computeMs: 3690 },
  { name: "ViT-B/16 on 224 × 224, 8 rows", parameters: 86_567_656, rows: 8, computeMs: 14_500 },
];

/** Measured between two ranks with 1.6 MB: 0.44 ms in shared memory, 2.3 ms on 10 Gbit/s. */
const LINKS: readonly ModelledLink[] = [
  { name: "shared memory", bytesPerMs: 3.7e6, messageMs: 0.002 },
  { name: "10 Gbit/s", bytesPerMs: 0.75e6, messageMs: 0.01 },
];

const RANK = { turnMs: 0.2, addedPerMs: 1.5e6, updatedPerMs: 0.8e6 };
const RANKS = [1, 2, 4, 16, 64, 256, 1000];

for (const network of NETWORKS) {
  console.log(`\n| ${network.name} | ${RANKS.map((ranks) => `${ranks}`).join(" | ")} |`);
  console.log(`|---|${RANKS.map(() => "---").join("|")}|`);
  for (const link of LINKS) {
    const steps = RANKS.map((ranks) => modelStep(ranks, network, { link, rank: RANK }));
    console.log(`| ${link.name}, ms | ${steps.map(({ totalMs }) => formatMs(totalMs)).join(" | ")} |`);
    console.log(`| of linear | ${steps.map(({ efficiency }) => efficiency.toFixed(2)).join(" | ")} |`);
  }
}

function formatMs(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : ms.toFixed(0);
}
