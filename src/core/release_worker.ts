/**
 * Lets a program end while the Worker lives: an author who forgot to close a strategy should not wait for ever. Waiting
 * for the Worker's work keeps the program alive all the same.
 */
export function releaseWorker(worker: Worker): void {
  if ("unref" in worker && typeof worker.unref === "function") worker.unref();
  else if ("Deno" in globalThis) releaseInDeno(worker);
}

/**
 * Deno has `unref` only for the Workers of node:worker_threads, which reach it by a method of the Worker whose symbol
 * has no name. Where there is no such method nothing happens: the program then ends once the strategy is closed.
 */
function releaseInDeno(worker: Worker): void {
  const [symbol, ...others] = listNamelessSymbols(worker);
  if (symbol === undefined || others.length > 0) return;
  const setReferenced: unknown = Reflect.get(worker, symbol);
  if (typeof setReferenced === "function") setReferenced.call(worker, false);
}

/** Those of the class it is of and of the classes above; its own are not methods. */
function listNamelessSymbols(worker: Worker): symbol[] {
  const symbols: symbol[] = [];
  let prototype: object | null = Object.getPrototypeOf(worker);
  while (prototype && prototype !== EventTarget.prototype) {
    symbols.push(...Object.getOwnPropertySymbols(prototype).filter((symbol) => !symbol.description));
    prototype = Object.getPrototypeOf(prototype);
  }
  return symbols;
}
