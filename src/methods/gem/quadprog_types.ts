/** The parts of the npm package quadprog that are used. Arrays count from 1: element 0 of each is not read. */
declare module "quadprog" {
  /** Minimises ½ xᵀDx − dᵀx where Aᵀx ≥ b, by the method of Goldfarb and Idnani (1983). Overwrites D and d. */
  export function solveQP(
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
}
