/** Ranks were lost and the others go on: nothing was exchanged, on no rank. What was to cross is dealt anew. */
export class FewerRanksError extends Error {
  override readonly name = "FewerRanksError";

  constructor() {
    super("ranks were lost, and nothing was exchanged");
  }
}
