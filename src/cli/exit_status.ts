/** What the program exits with. */
export const EXIT_STATUS = { done: 0, failed: 1, refused: 2 } as const;
