import { needs, RangeRefusal, TypeRefusal } from "../../core/errors/errors.ts";
import { countElements } from "../../core/host_tensor.ts";
import { type ParameterEntry, type ParameterLayout, viewEntry } from "../../core/parameter_layout.ts";
import type { RowLimit } from "../../onnx/graph.ts";
import { clearEntries } from "../clear_entries.ts";
import type { FlatVector } from "../device/device_vector.ts";
import type { DropoutKey, Objective } from "../engine.ts";
import type { Carrier, GraphRunner } from "./carrier.ts";
import type { GraphFile } from "./graph_file.ts";
import { type GraphPorts, type Place, type PortArray, resolveShape, type VectorKind } from "./graph_ports.ts";
import type { RunScratch } from "./run_scratch.ts";
import type { SessionSettings } from "./session_options.ts";

/** The arrays of one run, by what the graph's inputs and outputs are for. Those a graph has no use for are missing. */
export interface RunArrays {
  /** n, the rows of this run. */
  readonly rows: number;
  readonly samples: Float32Array;
  /** [n] */
  readonly taskLabels: Int32Array;
  readonly dropoutKey: DropoutKey;
  /** [P] */
  readonly parameters: FlatVector;
  /** [Q] */
  readonly state: Float32Array;
  readonly targets?: Float32Array;
  readonly weights?: Float32Array;
  readonly classMask?: Float32Array | undefined;
  readonly elementWeights?: Float32Array | undefined;
  /** Of the objective. */
  readonly constant?: number | undefined;
  /** Where gradients are computed in float16. */
  readonly lossScale?: number | undefined;
  /** [1], 0 or NaN; there too. */
  readonly overflow?: Float32Array;
  readonly outputGradient?: Float32Array;
  readonly outputs?: Float32Array;
  readonly losses?: Float32Array;
  /** What the objective holds features to. */
  readonly anchor?: Objective["anchor"];
  /** [P] */
  readonly gradient?: FlatVector;
  /** [Q] */
  readonly newState?: Float32Array;
}

/** What sessions of one engine share. */
export interface SessionSurroundings {
  readonly carrier: Carrier;
  readonly settings: SessionSettings;
  readonly scratch: RunScratch;
}

/** One graph loaded into onnxruntime. It writes its results straight into the memory it is given. */
export class GraphSession {
  /** Parts of the gradient that the graph writes, and of the state. */
  readonly #gradientEntries: readonly ParameterEntry[];
  readonly #stateEntries: readonly ParameterEntry[];
  readonly #rowLimit: RowLimit | undefined;
  readonly #places: readonly Place[];
  /** Undefined for a graph without outputs, which onnxruntime refuses: the gradients of a model that is frozen. */
  readonly #runner: GraphRunner | undefined;
  readonly #scratch: RunScratch;

  private constructor({ ports, rowLimit }: GraphFile, runner: GraphRunner | undefined, scratch: RunScratch) {
    this.#rowLimit = rowLimit;
    this.#places = ports.places;
    this.#runner = runner;
    this.#scratch = scratch;
    this.#gradientEntries = listWritten(ports, "gradient");
    this.#stateEntries = listWritten(ports, "newState");
  }

  /** @throws {Error} If onnxruntime refuses the graph or the device. */
  static async create(file: GraphFile, { carrier, settings, scratch }: SessionSurroundings): Promise<GraphSession> {
    const runner = file.ports.outputs.length === 0 ? undefined : await carrier.load(file, settings);
    return new GraphSession(file, runner, scratch);
  }

  /**
   * Runs the graph once.
   * @throws {RangeError} If there are fewer rows than the graph's results need to mean something.
   * @throws {Error} If an array that the graph needs is missing or of another length.
   */
  async run(arrays: RunArrays): Promise<void> {
    const rowLimit = this.#rowLimit;
    if (rowLimit && arrays.rows < rowLimit.rows) {
      throw new RangeRefusal(needs("training", `at least ${rowLimit.rows} rows, as ${rowLimit.reason}`, arrays.rows));
    }
    const { rows } = arrays;
    await this.#runner?.run(
      this.#places.map((place) => this.#findArray(place, arrays)),
      rows,
    );
  }

  /** Graphs write new state beside the old, so that a failed run leaves that as it was. */
  keepState(newState: Float32Array, state: Float32Array): void {
    for (const entry of this.#stateEntries) viewEntry(state, entry).set(viewEntry(newState, entry));
  }

  /** Zeroes the gradients that the graph does not write: of parameters that are held, or do not matter. */
  clearUnreached(gradient: FlatVector, { entries }: ParameterLayout): void {
    if (this.#gradientEntries.length === entries.length) return;
    const written = new Set(this.#gradientEntries.map(({ name }) => name));
    const unreached = entries.filter(({ name }) => !written.has(name));
    clearEntries(gradient, { entries }, new Set(unreached.map(({ name }) => name)));
  }

  /** Frees the session. */
  async release(): Promise<void> {
    await this.#runner?.release();
  }

  #findArray(place: Place, arrays: RunArrays): PortArray {
    switch (place.kind) {
      case "taskLabels":
        return this.#scratch.convertLabels(arrays.taskLabels);
      case "noise": {
        const length = countElements(resolveShape(place.shape, arrays.rows));
        return this.#scratch.masks.get({ ...place, length }, arrays.dropoutKey);
      }
      case "constant":
        return this.#scratch.holdConstant(present(place, arrays.constant));
      case "anchorTargets":
        return present(place, arrays.anchor?.targets);
      case "anchorFactor":
        return this.#scratch.holdAnchorFactor(present(place, arrays.anchor?.factor));
      case "anchorLosses":
        return present(place, arrays.anchor?.losses);
      case "lossScale":
        return this.#scratch.holdLossScale(present(place, arrays.lossScale));
      default:
        return present(place, arrays[place.kind]);
    }
  }
}

/** The parts of a flat vector that the graph writes. */
function listWritten({ places, outputs }: GraphPorts, kind: VectorKind): readonly ParameterEntry[] {
  return outputs.flatMap(({ placeIndex, entry }) => (entry && places[placeIndex]?.kind === kind ? [entry] : []));
}

function present<Value>({ kind }: Place, value: Value | undefined): Value {
  if (value === undefined) throw new TypeRefusal(`the graph was given nothing for "${kind}"`);
  return value;
}
