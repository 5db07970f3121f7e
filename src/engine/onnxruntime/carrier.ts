import type { DeviceComputer } from "../device/vector_program.ts";
import type { GraphFile } from "./graph_file.ts";
import type { PortArray } from "./graph_ports.ts";
import type { SessionSettings } from "./session_options.ts";

/** The ways to onnxruntime: its C API in the memory that we own, or the addon of its npm package. */
export const CARRIER_NAMES = ["native", "addon"] as const;

/** The name of such a way. */
export type CarrierName = (typeof CARRIER_NAMES)[number];

/** A graph that is loaded, with outputs. Runs of one do not overlap. */
export interface GraphRunner {
  /**
   * Computes the graph once, for n rows.
   * @param arrays One for each of the graph's places; results are written into them.
   * @throws {Error} If an array has another length than the graph needs, or onnxruntime fails.
   */
  run(arrays: readonly PortArray[], rows: number): Promise<void>;
  /** Frees the session. */
  release(): Promise<void>;
}

/** A way to onnxruntime. An engine has one of its own. */
export interface Carrier {
  readonly name: CarrierName;
  /** What it is and, where another was wanted, why not that: for people. */
  readonly description: string;
  /** Loads a graph. @throws {Error} If onnxruntime refuses it, or the device is not there. */
  load(file: GraphFile, settings: SessionSettings): Promise<GraphRunner>;
  /** Where the device has memory of its own, in which flat vectors may stay: what computes with them there. */
  createComputer?(settings: SessionSettings): DeviceComputer;
}
