/**
 * Tables and what PyTorch 2.15 and scikit-learn 1.9 say of them: the network of `recorded_network_model.ts`, SGD with
 * learning rate 0.05 and momentum 0.9, 15 steps on all rows of each of two months, MSELoss or BCEWithLogitsLoss.
 */

/** Rows of a month as a CSV file: three features and either two numbers to predict or three labels. */
export function makeMonth(month: number, { start, rows }: { readonly start: number; readonly rows: number }): string {
  const lines = Array.from({ length: rows }, (_, i) => makeRow(month, start + i).join(","));
  return ["a,b,c,price,weight,red,round,big", ...lines].join("\n");
}

function makeRow(month: number, i: number): number[] {
  const x = [0, 1, 2].map((j) => (((i * 7 + j * 5 + month * 3) % 11) - 5) / 4);
  const values = [(((i * 3 + month * 5) % 9) - 4) / 2, (x[0] ?? 0) - (x[2] ?? 0) / 2 + month];
  const labels = [0, 1, 2].map((k) => ((i * (k + 2) + month) % 3 === 0 ? 1 : 0));
  return [...x, ...values, ...labels];
}

/** The files of two months, 12 rows to train and 10 to test. */
export function makeMonths(): Record<string, string> {
  return Object.fromEntries(
    [0, 1].flatMap((month) => [
      [`train/month ${month}/rows.csv`, makeMonth(month, { start: 0, rows: 12 })],
      [`test/month ${month}/rows.csv`, makeMonth(month, { start: 100, rows: 10 })],
    ]),
  );
}

/** Options of `directory` for numbers to predict, and for labels; what stands in the other columns is left out. */
export const RECORDED_OPTIONS = {
  values: { targets: ["price", "weight"], dropColumns: ["red", "round", "big"] },
  labels: { labels: ["red", "round", "big"], dropColumns: ["price", "weight"] },
} as const;

/** Parameters after both months: kernel and bias of each layer. */
export const RECORDED_PARAMETERS = {
  values: [
    -0.6087091, -0.060147326, -0.85463864, 0.10841001, -0.29234943, 0.30019513, 0.14904159, -0.42968354, 0.57914829,
    0.017784188, 0.65543377, -0.28183225, -0.3568958, -0.43672603, 0.085889459, -0.59591615, 0.92936283, -0.40394297,
    0.36757699, -0.12215585, -0.18136464, -0.88694894, 0.59688956, 0.51576412, 0.73578316, 1.5944457,
  ],
  labels: [
    -0.42465445, -0.079300351, 0.1994759, -0.21229051, 0.1323141, 0.45535654, -0.14778264, 0.12666005, -0.31561744,
    -0.03623173, 0.35421211, -0.2129994, 0.22057483, -0.29727459, -0.010904146, 0.17116043, -0.7055375, 0.088315338,
    0.051140998, -0.18727432, 0.1460198, -0.29857087, 0.19635104, 0.29031327, -0.17500089, -0.24519469, -0.23114759,
    -0.33840826, -0.29082525, 0.015754489, -0.42171162,
  ],
} as const;

/** Measures on the test rows of month 0, of month 1 and of both, after each month. */
export const RECORDED_MEASURES = {
  r2: [
    [-0.45929429, -2.1603518, -0.81064749],
    [-7.4691715, 0.29767144, -0.69548196],
  ],
  rmse: [
    [0.705356, 1.6620837, 1.2767241],
    [1.5460693, 0.95073694, 1.2834001],
  ],
  mae: [
    [0.60592401, 1.4199424, 1.012933],
    [1.3729386, 0.75387329, 1.063406],
  ],
  "macro-f1": [
    [0.58333333, 0.2962963, 0.49673203],
    [0.25, 0, 0.17391304],
  ],
  "exact-match": [
    [0.5, 0, 0.25],
    [0.3, 0.2, 0.25],
  ],
} as const;
