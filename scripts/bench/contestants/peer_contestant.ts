import { fileURLToPath } from "node:url";
import { needs, RangeRefusal } from "../../../src/core/errors/errors.ts";
import type { Contestant } from "../interleave.ts";
import type { PythonPeer } from "./find_pythons.ts";
import { createScriptCommand, type PeerCommand, PeerProcess, pinThreads, readNumber } from "./peer_process.ts";

/** What a peer's measurements are. */
export interface PeerFigures {
  readonly name: string;
  readonly command: PeerCommand;
  /** What it is asked for once, before all measurements. */
  readonly preparation?: unknown;
  /** What it is asked for at each measurement. */
  readonly request: unknown;
  /** The answer's number that counts. */
  readonly answer: string;
}

/** A contestant in a process of its own. */
export interface PeerContestant extends Contestant {
  /** What the peer said of itself. */
  readonly ready: unknown;
}

/** Starts a peer; the process stays until it is closed. */
export async function openPeer(figures: PeerFigures): Promise<PeerContestant> {
  const { name, command, preparation, request, answer } = figures;
  const peer = await PeerProcess.start(`measure ${name}`, command);
  if (preparation !== undefined) await peer.ask(preparation);
  return {
    name,
    ready: peer.ready,
    measure: async () => readNumber(await peer.ask(request), answer),
    close: () => peer.close(),
  };
}

/** The command for one of the Python scripts beside the bench, with its configuration. */
export function createPythonCommand(
  python: PythonPeer,
  script: string,
  config: Readonly<Record<string, unknown>> & { readonly threads: number },
): PeerCommand {
  const parameters = [findPeerScript(script), JSON.stringify(config)];
  return { program: python.path, parameters, environment: pinThreads(config.threads) };
}

/** The command for TF.js as it comes. */
export function createTfjsCommand(batchSize: number): PeerCommand {
  return createScriptCommand(findPeerScript("step_tfjs.ts"), [String(batchSize)]);
}

function findPeerScript(name: string): string {
  return fileURLToPath(new URL(`../../peers/${name}`, import.meta.url));
}

/** "PyTorch 2.15.0, 1 thread": a local build's suffix says nothing here. */
export function describePython(library: "PyTorch" | "Avalanche", python: PythonPeer, threads: number): string {
  const version = library === "PyTorch" ? python.torch : python.avalanche;
  if (version === undefined) throw new RangeRefusal(needs("name a peer", library, `none at ${python.path}`));
  return `${library} ${version.split("+")[0]}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}
