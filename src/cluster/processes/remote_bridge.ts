/** A word that other processes change. */
export interface WatchedWord {
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly index: number;
  /** Where the word lies in this process. */
  readonly address: number;
  /** One word: the bridge ends when it is not 0. */
  readonly stop: Int32Array<SharedArrayBuffer>;
  /** The process without which this one is to end at once, if there is one. */
  readonly parentId?: number;
}

/** What the Worker of a bridge offers over comlink. */
export interface RemoteBridge {
  /** Loads what is needed to wait. */
  prepare(): Promise<void>;
  /** Wakes this process's waiters whenever the word changes; resolves when it was told to stop. */
  follow(word: WatchedWord): Promise<void>;
}
