/** The part of the npm package quadprog that is used, for Deno's checker. Arrays count from 1: element 0 is not read. */

/** Minimises ½ xᵀDx − dᵀx where Aᵀx ≥ b, by the method of Goldfarb and Idnani (1983). Overwrites D and d. */
export declare function solveQP(
  dMatrix: number[][],
  dVector: number[],
  aMatrix: number[][],
  bVector: number[],
): {
  /** x */
  readonly solution: readonly number[];
  /** Empty unless there is no solution. */
  readonly message: string;
};
