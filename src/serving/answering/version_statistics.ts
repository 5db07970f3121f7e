/** What one thread counted of a version; times in nanoseconds, summed. Plain data. */
export interface VersionStatistics {
  /** Requests that were answered, and rows in them. */
  readonly requests: number;
  readonly rows: number;
  readonly failures: number;
  /** Runs of onnxruntime. */
  readonly executions: number;
  /** From arrival to answer, of requests that were answered; of those that failed. */
  readonly successNs: number;
  readonly failureNs: number;
  readonly queueNs: number;
  readonly inputNs: number;
  readonly computeNs: number;
  readonly outputNs: number;
  /** Milliseconds since 1970 at which the last request was answered; 0 before. */
  readonly lastMs: number;
  /** Runs and their time, by the rows of the batch. */
  readonly batches: Readonly<Record<number, { readonly executions: number; readonly computeNs: number }>>;
  /** How often each column of the first output was the largest. */
  readonly predicted: readonly number[];
  /** The same, with weights that fall by half in about 700 rows; and the mean of the features of those. */
  readonly recentPredicted: readonly number[];
  readonly recentMean: number;
  /** Sum and number of the values of the first input, for their mean. */
  readonly featureSum: number;
  readonly featureCount: number;
  /** As the silent candidate: rows compared with the answering version's, and rows with the same class. */
  readonly shadowRows: number;
  readonly shadowAgreements: number;
}

/** The same while it is counted. */
export type StatisticsCounter = { -readonly [Name in keyof VersionStatistics]: VersionStatistics[Name] } & {
  batches: Record<number, { executions: number; computeNs: number }>;
  predicted: number[];
  recentPredicted: number[];
};

/** Counters at zero. @param columns Of the first output. */
export function createStatistics(columns: number): StatisticsCounter {
  return {
    requests: 0,
    rows: 0,
    failures: 0,
    executions: 0,
    successNs: 0,
    failureNs: 0,
    queueNs: 0,
    inputNs: 0,
    computeNs: 0,
    outputNs: 0,
    lastMs: 0,
    batches: {},
    predicted: new Array<number>(columns).fill(0),
    recentPredicted: new Array<number>(columns).fill(0),
    recentMean: 0,
    featureSum: 0,
    featureCount: 0,
    shadowRows: 0,
    shadowAgreements: 0,
  };
}

/** What several threads counted, together. */
export function addStatistics(parts: readonly VersionStatistics[]): VersionStatistics {
  const sum = createStatistics(0);
  for (const part of parts) {
    for (const name of SUMMED) sum[name] += part[name];
    sum.lastMs = Math.max(sum.lastMs, part.lastMs);
    for (const [rows, batch] of Object.entries(part.batches)) addBatch(sum, Number(rows), batch);
    addTo(sum.predicted, part.predicted);
    addTo(sum.recentPredicted, part.recentPredicted);
    if (part.rows > 0) sum.recentMean += ((part.recentMean - sum.recentMean) * part.rows) / sum.rows;
  }
  return sum;
}

/** Counts runs of batches with so many rows. */
export function addBatch(
  { batches }: StatisticsCounter,
  rows: number,
  { executions, computeNs }: { readonly executions: number; readonly computeNs: number },
): void {
  const batch = batches[rows] ?? { executions: 0, computeNs: 0 };
  batch.executions += executions;
  batch.computeNs += computeNs;
  batches[rows] = batch;
}

function addTo(sums: number[], counts: readonly number[]): void {
  for (const [i, count] of counts.entries()) sums[i] = (sums[i] ?? 0) + count;
}

const SUMMED = [
  "requests",
  "rows",
  "failures",
  "executions",
  "successNs",
  "failureNs",
  "queueNs",
  "inputNs",
  "computeNs",
  "outputNs",
  "featureSum",
  "featureCount",
  "shadowRows",
  "shadowAgreements",
] as const;
