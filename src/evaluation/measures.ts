import { RangeRefusal } from "../core/errors/errors.ts";
import { CLASSES_ONLY, describeTargetForm, type TargetForm, type TargetKind } from "../data/float_targets.ts";
import type { FedMetric } from "./metric_family.ts";
import { countAccuracy } from "./metrics/accuracy/accuracy.ts";
import { ExactMatch } from "./metrics/labels/exact_match.ts";
import { MacroF1 } from "./metrics/labels/macro_f1.ts";
import { MAE } from "./metrics/loss/mean_absolute_error.ts";
import { R2 } from "./metrics/loss/r_squared.ts";
import { RMSE } from "./metrics/loss/root_mean_squared_error.ts";
import { feedTargets, readValues, type TargetMetric } from "./metrics/target_metrics.ts";

/** What the matrix of a run can show of each experience of the test stream. */
export interface Measure {
  /** In running text: "macro F1". */
  readonly title: string;
  readonly targets: readonly TargetKind[];
  /** True for an error: forgetting is value now minus first-learned value then. */
  readonly lowerIsBetter: boolean;
  /** True where it lies from 0 to 1 and is read in percent. */
  readonly isShare: boolean;
  /** Makes it, fed by a strategy. */
  readonly create: () => FedMetric;
  /** Makes it for outputs and targets [B, T]; undefined where targets are class ids. */
  readonly compare: (() => TargetMetric) | undefined;
}

const VALUES: readonly TargetKind[] = ["values"];
const LABELS: readonly TargetKind[] = ["labels"];

/** The measures there are; of each kind of targets the default comes first. */
export const MEASURES = {
  accuracy: {
    title: "accuracy",
    targets: CLASSES_ONLY,
    lowerIsBetter: false,
    isShare: true,
    create: countAccuracy,
    compare: undefined,
  },
  r2: { title: "R²", targets: VALUES, lowerIsBetter: false, isShare: false, ...comparedBy(() => new R2()) },
  rmse: { title: "RMSE", targets: VALUES, lowerIsBetter: true, isShare: false, ...comparedBy(() => new RMSE()) },
  mae: { title: "MAE", targets: VALUES, lowerIsBetter: true, isShare: false, ...comparedBy(() => new MAE()) },
  "macro-f1": {
    title: "macro F1",
    targets: LABELS,
    lowerIsBetter: false,
    isShare: true,
    ...comparedBy(() => new MacroF1()),
  },
  "exact-match": {
    title: "exact match",
    targets: LABELS,
    lowerIsBetter: false,
    isShare: true,
    ...comparedBy(() => new ExactMatch()),
  },
} as const satisfies Readonly<Record<string, Measure>>;

/** The name of one of them. */
export type MeasureName = keyof typeof MEASURES;

/** All names, in order. */
export const MEASURE_NAMES: readonly MeasureName[] = Object.keys(MEASURES).filter(isMeasure);

/** Whether there is a measure of this name. */
function isMeasure(name: string): name is MeasureName {
  return Object.hasOwn(MEASURES, name);
}

/**
 * The measure of a run on these targets.
 * @param chosen Default: accuracy for class ids, R² for values, macro F1 for several labels.
 * @throws {RangeRefusal} If the one that was chosen is about other targets.
 */
export function chooseMeasure(form: TargetForm, chosen?: MeasureName): MeasureName {
  const fitting = listMeasures(form.kind);
  const [first = "accuracy"] = fitting;
  if (chosen === undefined || fitting.includes(chosen)) return chosen ?? first;
  const wanted = `${fitting.map((name) => JSON.stringify(name)).join(" or ")} where targets are ${describeTargetForm(form)}`;
  throw new RangeRefusal(`measure must be ${wanted}, got ${JSON.stringify(chosen)}`);
}

/** The names of the measures that are about these targets, the default first. */
export function listMeasures(kind: TargetKind): readonly MeasureName[] {
  return MEASURE_NAMES.filter((name) => measureOf(name).targets.includes(kind));
}

function comparedBy(compare: () => TargetMetric): Pick<Measure, "create" | "compare"> {
  return { compare, create: () => feedTargets(compare(), readValues) };
}

/** "RMSE on …", "Macro F1 on …": a title at the beginning of a sentence. */
export function startWithTitle({ title }: Pick<Measure, "title">): string {
  return `${title.slice(0, 1).toUpperCase()}${title.slice(1)}`;
}

/** A measure by its name. */
export function measureOf(name: MeasureName): Measure {
  return MEASURES[name];
}
