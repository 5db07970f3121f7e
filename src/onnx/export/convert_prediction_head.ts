import { elementAt } from "../../core/element_at.ts";
import { int } from "../file/onnx_model.ts";
import type { ValueName } from "../graph.ts";
import type { GraphBuilder } from "../graph_builder.ts";
import { addTaskCondition } from "../layers/input.ts";
import { addVector, type HeadInputs, listColumns, scoreKnownClasses, spreadScores } from "./class_scores.ts";
import {
  type AffineHead,
  type ByTaskHead,
  type EnsembleHead,
  listScoredClasses,
  type PredictionHead,
  type RectifiedHead,
} from "./prediction_head.ts";

/**
 * Adds a head to the graph and returns its scores [N, C]. @throws {RangeError} If it does not fit what it stands on.
 */
export function convertPredictionHead(head: PredictionHead, inputs: HeadInputs, graph: GraphBuilder): ValueName {
  switch (head.kind) {
    case "nearestMean":
    case "mahalanobis":
    case "linear":
    case "cosine":
    case "randomFeatures": {
      const ids = listScoredClasses(head) ?? [];
      return spreadScores(scoreKnownClasses(head, inputs, graph), { ids, classes: inputs.classes }, graph);
    }
    case "byTask":
      return chooseTaskScores(head, inputs, graph);
    case "affine":
      return correctLogits(head, inputs, graph);
    case "rectified":
      return rectifyLogits(head, inputs, graph);
    case "ensemble":
      return joinExperts(head, inputs, graph);
  }
}

/** The scores of a sample's own task, by its task label; of all tasks, each class's best, where it has none. */
function chooseTaskScores({ heads }: ByTaskHead, inputs: HeadInputs, graph: GraphBuilder): ValueName {
  const tasks = [...heads].map(([task, head]) => {
    const scores = scoreKnownClasses(head, { ...inputs, name: `${inputs.name}/task${task}` }, graph);
    return { task, scores, ids: listScoredClasses(head) ?? [] };
  });
  const known = tasks.flatMap(({ ids }) => ids);
  const classes = Math.max(inputs.classes, ...known.map((id) => id + 1));
  const all = graph.node(
    "Concat",
    tasks.map(({ scores }) => scores),
    { axis: int(1) },
  );
  const ids = [...new Set(known)];
  const best = spreadScores(chooseBest(all, { known, ids }, graph), { ids, classes }, graph);
  return tasks.reduce((chosen, { task, scores, ids }) => {
    return graph.node("Where", [addTaskCondition(task, graph), spreadScores(scores, { ids, classes }, graph), chosen]);
  }, best);
}

/** The largest of each class's columns: of scores [N, K] of the classes `known`, which may repeat, those of `ids`. */
function chooseBest(
  scores: ValueName,
  { known, ids }: { readonly known: readonly number[]; readonly ids: readonly number[] },
  graph: GraphBuilder,
): ValueName {
  const placesOf = ids.map((id) => [...known.keys()].filter((place) => known[place] === id));
  const rounds = Math.max(...placesOf.map(({ length }) => length));
  const candidates = Array.from({ length: rounds }, (_, round) => {
    const places = placesOf.map((places) => elementAt(places, Math.min(round, places.length - 1)));
    return graph.node("Gather", [scores, graph.integers(places)], { axis: int(1) });
  });
  return candidates.reduce((best, candidate) => graph.node("Max", [best, candidate]));
}

/** logits · factors + offsets, 1 and 0 for classes that are left alone. */
function correctLogits(
  { classes, alpha, beta }: AffineHead,
  { logits, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const columns = listColumns(logits, graph);
  const factors = columns.map((column) => (classes.has(column) ? alpha : 1));
  const offsets = columns.map((column) => (classes.has(column) ? beta : 0));
  const scaled = graph.node("Mul", [logits, addVector(`${name}/factors`, factors, graph)]);
  return graph.node("Add", [scaled, addVector(`${name}/offsets`, offsets, graph)]);
}

/** logits + [the largest is a newest class's] · ln factors; of equal logits the first is the largest. */
function rectifyLogits(
  { newest, factors }: RectifiedHead,
  { logits, name }: HeadInputs,
  graph: GraphBuilder,
): ValueName {
  const columns = listColumns(logits, graph);
  const flags = columns.map((column) => (newest.has(column) ? 1 : 0));
  const raises = columns.map((column) => Math.log(factors.get(column) ?? 1));
  const winner = graph.node("ArgMax", [logits], { axis: int(1) });
  const isNewest = graph.node("Gather", [addVector(`${name}/newest`, flags, graph), winner], { axis: int(0) });
  const raised = graph.node("Mul", [isNewest, addVector(`${name}/raises`, raises, graph)]);
  return graph.node("Add", [logits, raised]);
}

/** Elementwise the larger of the logarithms of both probabilities. */
function joinExperts({ expert }: EnsembleHead, { logits, logitsWith }: HeadInputs, graph: GraphBuilder): ValueName {
  const experts = [logits, logitsWith(expert)];
  return graph.node(
    "Max",
    experts.map((values) => graph.node("LogSoftmax", [values], { axis: int(1) })),
  );
}
