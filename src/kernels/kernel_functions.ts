import { loadKernels } from "./load_kernels.ts";
import { VECTOR_KERNELS_WASM } from "./vector_kernels_wasm.ts";

/**
 * The compiled arithmetic of `assembly/vector_kernels.ts`. Vectors are addresses in the memory that the functions were
 * loaded over, multiples of 16; `count` elements from there on are computed, and up to 3 more.
 */
export interface KernelFunctions {
  addVector(sum: number, addend: number, count: number): void;
  addScaled(target: number, addend: number, count: number, factor: number): void;
  /** @returns Σ θ(aθ − 2b) */
  addPenalty(gradient: number, parameters: number, a: number, b: number, count: number, factor: number): number;
  stepPlain(parameters: number, gradient: number, count: number, rate: number, decay: number): void;
  stepMomentum(
    parameters: number,
    gradient: number,
    velocity: number,
    count: number,
    rate: number,
    momentum: number,
    share: number,
    decay: number,
    nesterov: number,
  ): void;
  stepAdam(
    parameters: number,
    gradient: number,
    first: number,
    second: number,
    count: number,
    stepSize: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    correction: number,
    epsilon: number,
    shrink: number,
    decay: number,
    root: number,
  ): void;
  stepRmsprop(
    parameters: number,
    gradient: number,
    square: number,
    velocity: number,
    mean: number,
    count: number,
    rate: number,
    alpha: number,
    rest: number,
    momentum: number,
    epsilon: number,
    decay: number,
    centered: number,
    root: number,
  ): void;
  stepAdagrad(
    parameters: number,
    gradient: number,
    sum: number,
    count: number,
    rate: number,
    epsilon: number,
    decay: number,
  ): void;
}

/** Loads the functions over a shared memory, in this thread. */
export function loadKernelFunctions(memory: WebAssembly.Memory): KernelFunctions {
  return loadKernels(VECTOR_KERNELS_WASM, memory);
}
