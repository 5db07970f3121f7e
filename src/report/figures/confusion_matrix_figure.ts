import { labelOutputs } from "../../runs/class_labels.ts";
import type { ReportedRun } from "../reported_run.ts";
import { slugify } from "./accuracy_matrix_figure.ts";
import { type Figure, shareColors } from "./figure.ts";

/** The newest confusion matrix of the test stream, rows as shares of their class; undefined where none was measured. */
export function createConfusionMatrixFigure(run: ReportedRun): Figure | undefined {
  const matrix = run.metrics.get("ConfusionMatrix_Stream/eval_phase/test_stream")?.at(-1)?.value;
  if (matrix === undefined || typeof matrix === "number" || matrix.length === 0) return undefined;
  const classNames = labelOutputs(run.experiences, run.config);
  const nameOf = (id: number) => classNames?.[id] ?? id;
  const values = matrix.flatMap((row, id) => {
    const [label, total] = [nameOf(id), row.reduce((sum, count) => sum + count, 0)];
    return row.map((count, at) => ({ label, predicted: nameOf(at), share: total === 0 ? 0 : count / total }));
  });
  const size = Math.max(5, Math.min(32, Math.floor(360 / matrix.length)));
  return {
    name: `confusion-matrix-${slugify(run.name)}`,
    title: "Confusion matrix",
    caption: "The newest evaluation: true classes in rows, predictions in columns, as shares of each class.",
    spec: {
      data: { values },
      width: { step: size },
      height: { step: Math.min(size, 28) },
      encoding: {
        x: {
          field: "predicted",
          type: "ordinal",
          title: "predicted class",
          // Names come in the order of their ids.
          sort: null,
          axis: { orient: "top", labelAngle: classNames ? -90 : 0, labelOverlap: true },
        },
        y: { field: "label", type: "ordinal", title: "true class", sort: null, axis: { labelOverlap: true } },
      },
      layer: [
        {
          mark: { type: "rect" },
          encoding: {
            color: {
              field: "share",
              type: "quantitative",
              legend: null,
              scale: { domain: [0, 1], range: shareColors },
            },
          },
        },
        ...(size >= 24
          ? [
              {
                transform: [
                  { filter: "datum.share >= 0.005" },
                  { calculate: "round(datum.share * 100)", as: "percent" },
                ],
                mark: { type: "text" as const, fontSize: 10 },
                encoding: {
                  text: { field: "percent", type: "quantitative" as const },
                  color: { condition: { test: "datum.share > 0.55", value: "#ffffff" }, value: "currentColor" },
                },
              },
            ]
          : []),
      ],
    },
  };
}
