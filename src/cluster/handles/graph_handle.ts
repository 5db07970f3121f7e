import { elementAt } from "../../core/element_at.ts";
import type { EngineModel } from "../../engine/create_engine.ts";
import { findChannelLanes } from "../../engine/onnxruntime/channel_lanes.ts";
import { openCarrier } from "../../engine/onnxruntime/choose_carrier.ts";
import { type GraphRequest, nameGraph } from "../../engine/onnxruntime/graph_request.ts";
import { shareTask } from "../../onnx/topology/share_task.ts";
import type { ResolvedClusterOptions } from "../cluster_options.ts";
import { keepsFeatures } from "../features/feature_handle.ts";
import { OBJECTIVE_KINDS } from "../objective_writer.ts";
import { isTrainingStep, Phase, Word } from "../protocol/control_block.ts";
import type { ReplicaGroup } from "../protocol/replica_group.ts";

/** What decides whether graphs are made for the replicas. */
export type GraphOptions = Pick<
  ResolvedClusterOptions,
  "workers" | "devices" | "precision" | "cuda" | "featureCacheBytes" | "featureCacheFolder"
>;

/** What training graphs are made of beside what the control block says. */
interface StepParts {
  /** Whose features steps hold that are anchored. */
  readonly anchoredLayer: string | undefined;
  /** Parameters whose gradients steps leave out. */
  readonly held: readonly string[];
}

type GraphModel = Extract<EngineModel, { kind: "onnxruntime" }>;

/**
 * Coordinator-side handle to the graphs that replicas load: makes those of training and evaluation once, when a command
 * first needs one. A replica then loads none of the code that makes graphs, which takes longer than the graphs
 * themselves. It makes every other graph, and those for devices with memory of their own, by itself.
 */
export class GraphHandle {
  readonly #group: ReplicaGroup;
  readonly #options: GraphOptions;
  readonly #sent = new Set<string>();
  #model: GraphModel | undefined;

  constructor(group: ReplicaGroup, model: EngineModel, options: GraphOptions) {
    this.#group = group;
    this.#options = options;
    this.#model = this.#mayServe(model) ? model : undefined;
  }

  /** The replicas compute another model from now on. */
  changeModel(model: EngineModel): void {
    this.#sent.clear();
    this.#model = this.#mayServe(model) ? model : undefined;
  }

  /**
   * Sends the graphs that the command in the control block needs, where the replicas have not got them.
   * @throws {RangeError} If the model has no such graph; the message says why.
   */
  async provide(phases: number, control: Int32Array, { anchoredLayer, held }: StepParts): Promise<void> {
    const model = this.#model;
    if (!model) return;
    const mode = model.facts.dependsOnMode && control[Word.training] === 1 ? "train" : "eval";
    const parts = { anchoredLayer, held: isTrainingStep(control) ? held : [] };
    for (const request of listRequests(phases, control, { mode, ...parts })) {
      const name = nameGraph(request);
      if (this.#sent.has(name)) continue;
      await this.#send(name, model, request);
      this.#sent.add(name);
    }
  }

  async #send(name: string, { spec }: GraphModel, request: GraphRequest): Promise<void> {
    const { makeGraph } = await import("../../engine/onnxruntime/make_graph.ts");
    const findLanes = async () => findChannelLanes(await openCarrier("cpu"));
    const file = await makeGraph(spec, request, { isOnProcessor: true, findLanes });
    if (file) await this.#group.send({ kind: "addGraph", name, file });
  }

  /** Where features are kept, engines compute with two models; where tasks matter, each shard chooses its graph. */
  #mayServe(model: EngineModel): model is GraphModel {
    const { workers, devices, precision } = this.#options;
    if (model.kind !== "onnxruntime" || workers === 0 || precision !== "float32") return false;
    if (devices.some((device) => device !== "cpu") || shareTask(model.spec)) return false;
    return !(model.frozenPart && keepsFeatures(this.#options));
  }
}

function listRequests(
  phases: number,
  control: Int32Array,
  { mode, anchoredLayer, held }: StepParts & Pick<GraphRequest, "mode">,
): GraphRequest[] {
  const requests: GraphRequest[] = [];
  // Forward passes with the weights as constants have graphs of their own.
  if (phases & Phase.forward && (mode === "train" || control[Word.weightsNumber] === 0)) {
    requests.push({ kind: "forward", mode });
  }
  if (phases & Phase.backward && control[Word.rowMeasure] === 0) requests.push({ kind: "backward", held, mode });
  if (phases & Phase.gradient) {
    const kind = elementAt(OBJECTIVE_KINDS, elementAt(control, Word.objective));
    const hasClassMask = control[Word.classMask] === 1;
    const hasElementWeights = control[Word.elementWeights] === 1;
    const objective = { kind, hasClassMask, hasElementWeights };
    const isAnchored = control[Word.anchored] === 1 && anchoredLayer !== undefined;
    requests.push({ kind: "training", objective, anchoredLayer: isAnchored ? anchoredLayer : undefined, held, mode });
    if (isAnchored) requests.push({ kind: "activations", layerName: anchoredLayer, mode: "eval" });
  }
  if (phases & Phase.rowFactors) requests.push({ kind: "rowFactors", mode: "eval" });
  return requests;
}
