import { elementAt } from "../../core/element_at.ts";
import { describeUnknownName, needs, RangeRefusal } from "../../core/errors/errors.ts";
import type { ValueName } from "../graph.ts";
import { GraphBuilder, type TensorSource } from "../graph_builder.ts";
import { addTaskLabels } from "../layers/input.ts";
import type { ModelSpec } from "../layers/layer_spec.ts";
import { convertFlatten } from "../layers/shaping.ts";
import { type ConvertedModel, convertWholeModel } from "../model_graph.ts";
import { writeOtherTensors, writeTensors } from "../topology/tensor_sources.ts";
import { convertPredictionHead } from "./convert_prediction_head.ts";
import type { PredictionHead } from "./prediction_head.ts";
import { chooseByTask, hideLaterOwners, listLastOwners, type TaskParameters } from "./task_parameters.ts";

/** A network with its values, and what stands behind it. */
export interface ExportedNetwork {
  readonly spec: ModelSpec;
  /** [P] by the spec's layout. Copied. */
  readonly parameters: Float32Array;
  /** [Q] by the spec's state layout. Copied. */
  readonly state: Float32Array;
  /** What becomes of the network's outputs, one after another. Default: nothing. */
  readonly heads?: readonly PredictionHead[];
  /** How many classes heads that score classes have. Default: as many as the network has outputs. */
  readonly classes?: number;
  /**
   * Which parameters count for which task label. Default: all. The network is computed once for each last owner
   * then.
   */
  readonly taskParameters?: TaskParameters;
  /** Whether the file takes task labels in any case: before a second task comes they change nothing. */
  readonly takesTaskLabels?: boolean;
}

/**
 * A new graph that holds the network and its heads, what they predict [N, C], and by value the name of the layer that
 * gives it.
 * @param addInputs Adds what the network takes, by the names of its input layers, or what stands in for others.
 * @param prefix What the names of its values begin with. Default: "".
 * @throws {RangeError} If a head does not fit the network.
 */
export function buildExportedNetwork(
  exported: ExportedNetwork,
  addInputs: (graph: GraphBuilder) => ReadonlyMap<string, ValueName>,
  prefix = "",
): {
  readonly graph: GraphBuilder;
  readonly logits: ValueName;
  readonly names: ReadonlyMap<ValueName, string>;
} {
  const { spec, heads = [], taskParameters } = exported;
  const written = writeTensors(spec, exported);
  let source = written;
  const graph = new GraphBuilder((name, builder) => source(name, builder), { prefix });
  const given = addInputs(graph);
  if (taskParameters || exported.takesTaskLabels) addTaskLabels(graph);
  const convertWith = (tensors: TensorSource) =>
    (taskParameters ? listLastOwners(taskParameters) : [undefined]).map((lastOwner) => {
      source =
        taskParameters && lastOwner !== undefined
          ? hideLaterOwners(tensors, { spec, owners: taskParameters.owners, lastOwner })
          : tensors;
      return convertWholeModel(spec, { graph, mode: "eval", isExport: true }, { values: given, masks: new Map() });
    });
  const networks = convertWith(written);
  const choose = (pick: (network: ConvertedModel) => ValueName, among = networks) => {
    const values = among.map(pick);
    return taskParameters ? chooseByTask(values, taskParameters, graph) : elementAt(values, 0);
  };
  const featuresOf = (layerName: string) => choose((network) => findFeatures(layerName, network, graph));
  const logitsWith = (parameters: Float32Array) => {
    assertLength(spec, parameters);
    return choose(({ outputs }) => outputs, convertWith(writeOtherTensors(spec, exported, parameters)));
  };
  let logits = choose(({ outputs }) => outputs);
  const { classes = Number(elementAt(graph.shapeOf(logits), 1)) } = exported;
  for (const [place, head] of heads.entries()) {
    logits = convertPredictionHead(head, { logits, featuresOf, logitsWith, classes, name: `head${place}` }, graph);
  }
  return { graph, logits, names: nameLayers(elementAt(networks, 0), graph) };
}

/**
 * A layer's value may stand in the graph with its axes in another order only: channels first. A layer that leaves
 * values as they are (dropout) goes by the name of the one below it.
 */
function nameLayers({ values }: ConvertedModel, graph: GraphBuilder): ReadonlyMap<ValueName, string> {
  return new Map([...values].reverse().map(([layer, value]) => [graph.transposedBy(value)?.x ?? value, layer]));
}

function findFeatures(layerName: string, { values }: ConvertedModel, graph: GraphBuilder): ValueName {
  const value = values.get(layerName);
  if (value !== undefined) return convertFlatten(value, graph);
  throw new RangeRefusal(`${describeUnknownName("layer", layerName, [...values.keys()])}`);
}

function assertLength({ name, layout }: ModelSpec, { length }: Float32Array): void {
  if (length === layout.size) return;
  throw new RangeRefusal(needs(`an expert of "${name}"`, `${layout.size} parameters`, length));
}
