/** A metric of your own for the command line: `--metric path=examples/my_metric.ts,per=stream`. */
import { createPluginMetric, Mean, type PluginMetric } from "firn";
import { oneOf, type ResolvedOptions, withDefault } from "firn/options";

/** What the metric takes, checked before the run begins. */
export const options = {
  per: withDefault(oneOf(["experience", "stream"]), "experience", "what it is averaged over"),
};

/** The mean output for the true class, over each evaluated experience or the whole stream. */
export function createMetrics({ per }: ResolvedOptions<typeof options>): PluginMetric[] {
  const mean = new Mean();
  return [
    createPluginMetric({
      name: "MeanTrueLogit",
      metric: mean,
      update: ({ mbOutput: { data, shape }, mbY }) => {
        const [, width = 0] = shape;
        for (const [row, label] of mbY.entries()) mean.update(data[row * width + label] ?? 0);
      },
      mode: "eval",
      resetAt: per,
      emitAt: per,
    }),
  ];
}
