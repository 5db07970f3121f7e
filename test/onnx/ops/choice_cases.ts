import { int, string } from "../../../src/onnx/file/onnx_model.ts";
import type { GraphBuilder } from "../../../src/onnx/graph_builder.ts";
import type { Operator } from "../../../src/onnx/ops/operator.ts";
import type { GradientCase } from "./gradient_case.ts";

/** ONNX's numbers for types. */
const FLOAT = 1;
const INT64 = 7;

/** A step function times what it is of. */
function stepwise(op: Operator): GradientCase {
  return { name: op, op, shapes: [[3, 4]], add: (graph, [x = ""]) => graph.node("Mul", [graph.node(op, [x]), x]) };
}

function indices(graph: GraphBuilder, values: readonly number[], shape: readonly number[]): string {
  return graph.node("Reshape", [graph.integers(values), graph.integers(shape)]);
}

/** Operators that choose: by steps, by truths and by indices. */
export const CHOICE_CASES: readonly GradientCase[] = [
  ...(["Ceil", "Floor", "Round", "Sign"] as const).map(stepwise),
  {
    name: "ArgMax, of which a row of a table is read",
    op: "ArgMax",
    shapes: [
      [3, 4],
      [4, 2],
    ],
    add: (graph, [x = "", table = ""]) => {
      const place = graph.node("ArgMax", [x], { axis: int(1), keepdims: int(0) });
      return graph.node("Gather", [table, place], { axis: int(0) });
    },
  },
  {
    name: "Cast to whole numbers and back",
    op: "Cast",
    shapes: [[3, 4]],
    add: (graph, [x = ""]) => {
      const whole = graph.node("Cast", [x], { to: int(INT64) });
      return graph.node("Mul", [graph.node("Cast", [whole], { to: int(FLOAT) }), x]);
    },
  },
  {
    name: "Greater, which chooses the larger value",
    op: "Greater",
    shapes: [[3, 4], [4]],
    add: (graph, [a = "", b = ""]) => graph.node("Where", [graph.node("Greater", [a, b]), a, b]),
  },
  {
    name: "Where with operands that are repeated",
    op: "Where",
    shapes: [[3, 1], [4]],
    add: (graph, [a = "", b = ""]) => {
      const truths = graph.node("Greater", [
        graph.constant([1, 0, 0, 1, 1, 0, 1, 1, 0, 0, 0, 1], [3, 4]),
        graph.constant(0.5),
      ]);
      return graph.node("Where", [truths, a, b]);
    },
  },
  {
    name: "GatherElements of one element twice",
    op: "GatherElements",
    shapes: [[2, 3]],
    add: (graph, [x = ""]) => graph.node("GatherElements", [x, indices(graph, [2, 2, 0, 1], [2, 2])], { axis: int(1) }),
  },
  ...(["none", "add"] as const).flatMap((reduction): GradientCase[] => {
    const how = reduction === "add" ? "adding" : "replacing";
    const attributes = reduction === "add" ? { reduction: string("add") } : {};
    return [
      {
        name: `ScatterElements, ${how}`,
        op: "ScatterElements",
        shapes: [
          [2, 3],
          [2, 2],
        ],
        add: (graph, [x = "", u = ""]) => {
          return graph.node("ScatterElements", [x, indices(graph, [2, 0, 0, 1], [2, 2]), u], {
            axis: int(1),
            ...attributes,
          });
        },
      },
      {
        name: `ScatterND, ${how}`,
        op: "ScatterND",
        shapes: [
          [4, 3],
          [2, 3],
        ],
        add: (graph, [x = "", u = ""]) => graph.node("ScatterND", [x, indices(graph, [3, 1], [2, 1]), u], attributes),
      },
    ];
  }),
];
