import { createParameterLayout, findEntry, type ParameterLayout } from "../../core/parameter_layout.ts";
import { describeColumns } from "../../onnx/layers/heads/progressive_columns.ts";
import { parseProgressiveNetwork } from "../../onnx/layers/heads/progressive_network.ts";
import type { ParameterSpec } from "../../onnx/layers/layer_definition.ts";
import { layerSchema } from "../../onnx/topology/topology_schema.ts";
import type { ModelSnapshot } from "../model_snapshot.ts";
import { findLayer, type GrowingHead } from "./growing_head.ts";

type Layouts = Pick<ModelSnapshot, "layout" | "stateLayout">;
type ProgressiveHead = Extract<GrowingHead, { kind: "progressive" }>;

/** The layouts of a model whose progressive network has these columns: its tensors stand where its first one stood. */
export function growColumns(
  { layout, stateLayout }: Layouts,
  head: ProgressiveHead,
  topology: ModelSnapshot["topology"],
): Layouts {
  const layer = layerSchema.parse(findLayer(topology, head.layer));
  const settings = parseProgressiveNetwork(layer, { name: head.layer, inputs: [] });
  const columns = createParameterLayout([...layout.entries, ...stateLayout.entries]);
  const [features = 0] = findEntry(columns, `${head.layer}/c0/l0/kernel`).shape;
  const tensors = describeColumns(head.layer, { ...settings, ...head }, features);
  return {
    layout: replaceTensors(
      layout,
      head,
      tensors.filter(({ isTrainable }) => isTrainable),
    ),
    stateLayout: replaceTensors(
      stateLayout,
      head,
      tensors.filter(({ isTrainable }) => !isTrainable),
    ),
  };
}

function replaceTensors(
  { entries }: ParameterLayout,
  { layer }: ProgressiveHead,
  tensors: readonly ParameterSpec[],
): ParameterLayout {
  const isOwn = ({ name }: { readonly name: string }) => name.startsWith(`${layer}/`);
  const first = entries.findIndex(isOwn);
  const before = entries.slice(0, first).filter((entry) => !isOwn(entry));
  const after = entries.slice(first).filter((entry) => !isOwn(entry));
  return createParameterLayout([...before, ...tensors, ...after]);
}
