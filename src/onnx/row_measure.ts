/**
 * What of the gradients of single rows is added up, element by element: their squares (for the Fisher information) or
 * their absolute values (for the sensitivity of the outputs).
 */
export type RowMeasure = "square" | "absolute";
