/**
 * Lets a program end while the Worker lives: an author who forgot to close a strategy should not wait for ever. Waiting for the
 * Worker's work keeps the program alive all the same.
 */
export function releaseWorker(worker: Worker): void {
  if ("unref" in worker && typeof worker.unref === "function") worker.unref();
  else if ("Deno" in globalThis) releaseInDeno(worker);
}

/**
 * Deno has `unref` only for the Workers of node:worker_threads, which reach it by a method of the Worker whose symbol has no
 * name. Where there is no such method nothing happens: the program then ends once the strategy is closed.
 */
function releaseInDeno(worker: Worker): void {
  const prototype: object = Object.getPrototypeOf(worker);
  const hidden = Object.getOwnPropertySymbols(prototype).filter((symbol) => !symbol.description);
  const [symbol, ...others] = hidden;
  if (symbol === undefined || others.length > 0) return;
  const setReferenced: unknown = Reflect.get(worker, symbol);
  if (typeof setReferenced === "function") setReferenced.call(worker, false);
}
