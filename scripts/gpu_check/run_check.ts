import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SIZES } from "./check_models.ts";
import type { Candidate, CandidateResult, PeerStep } from "./gpu_report.ts";
import { runCandidate } from "./run_candidate.ts";
import { findTorch, measureTorch, writeNetworks } from "./torch_peer.ts";

/** What is to be measured. */
export interface CheckPlan {
  readonly candidates: readonly Candidate[];
  /** Where PyTorch is measured: "cuda:0", "cpu"; undefined for nowhere. */
  readonly place: string | undefined;
  readonly extent: "full" | "quick";
  /** An interpreter with PyTorch; "" looks at the usual places. */
  readonly python: string;
  /** Gets a line before each thing that is measured. */
  readonly say: (line: string) => void;
}

/** What was measured, and in one line each what was not. */
export interface CheckOutcome {
  readonly candidates: readonly CandidateResult[];
  readonly peers: readonly PeerStep[];
  readonly problems: readonly string[];
}

const NO_TORCH = "no ResNet-18, no ViT-B and no PyTorch to compare with: no python3 with PyTorch was found (--python)";

/** Measures candidates, then PyTorch on the same device. Networks from files are in a folder that is removed. */
export async function runCheck({ candidates, place, extent, python: wanted, say }: CheckPlan): Promise<CheckOutcome> {
  if (candidates.length === 0) return { candidates: [], peers: [], problems: [] };
  const networks = await mkdtemp(join(tmpdir(), "firn-gpu-check-"));
  try {
    const python = await findTorch(wanted);
    const unwritten = python ? await writeNetworks(python, networks, SIZES[extent]) : NO_TORCH;
    const results: CandidateResult[] = [];
    for (const candidate of candidates) {
      say(`${candidate.engine} on ${candidate.device} …`);
      results.push(await runCandidate(candidate, { extent, networks }));
    }
    if (python && place !== undefined) say(`PyTorch on ${place} …`);
    const torch = python && place !== undefined ? await measureTorch(python, place, SIZES[extent]) : { steps: [] };
    const problems = [unwritten, torch.reason].filter((problem) => problem !== undefined);
    return { candidates: results, peers: torch.steps, problems };
  } finally {
    await rm(networks, { recursive: true });
  }
}
