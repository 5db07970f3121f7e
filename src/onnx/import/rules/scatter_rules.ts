import { countElements } from "../../../core/host_tensor.ts";
import { type Attributes, int, string } from "../../file/onnx_model.ts";
import { multiplyDimensions } from "../../shape.ts";
import type { ImportRules, ImportStep } from "../import_step.ts";
import { ravelPlaces, readIndices } from "./indexing_rules.ts";
import { toIndices } from "./logic_rules.ts";

/** Writing at indices that are known or computed. */
export const scatterRules: ImportRules = {
  ScatterElements: (step) => {
    const inputs = [step.value(0), readIndices(step, 1), step.value(2)];
    const axis = step.axis(0, step.shape(0).length);
    return step.graph.node("ScatterElements", inputs, { axis: int(axis), ...readReduction(step) });
  },
  ScatterND: (step) => {
    const { graph } = step;
    const shape = step.shape(0);
    const places = step.shape(1);
    const depth = Number(places.at(-1));
    const named = shape.slice(0, depth);
    if (named.some((length) => typeof length !== "number")) {
      throw step.refuse("places of what does not depend on the rows of the batch have a rule");
    }
    const rest = shape.slice(depth);
    const count = multiplyDimensions(places.slice(0, -1));
    const at = step.reshape(ravelPlaces(step, named.map(Number)), [count, 1]);
    const rows = step.reshape(step.value(0), [countElements(named.map(Number)), ...rest]);
    const updates = step.reshape(step.value(2), [count, ...rest]);
    const written = graph.node("ScatterND", [rows, toIndices(at, graph), updates], readReduction(step));
    return step.reshape(written, shape);
  },
};

function readReduction(step: ImportStep): Attributes {
  const reduction = step.text("reduction", "none");
  return reduction === "none" ? {} : { reduction: string(reduction) };
}
