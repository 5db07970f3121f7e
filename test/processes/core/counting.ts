/** How often each process adds 1. */
export const INCREMENTS = 200_000;
/** How often each process waits for the other. */
export const TURNS = 200;
/** Places in the words that they share. */
export const Turn = { counter: 0, parent: 1, child: 2 } as const;
