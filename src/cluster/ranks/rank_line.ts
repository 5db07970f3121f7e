import type { Socket } from "node:net";
import { clearTimeout, setTimeout } from "node:timers";
import { z } from "zod";

/** How long a rank that fails waits for rank 0, which says so: a launcher may end all ranks once one has ended. */
const HEARD_MS = 3000;

/** A process that others of its machine can end: no other one has its number and has started when it did. */
const rankProcess = z.object({
  pid: z.number(),
  /** Which processes share its numbers: those of one machine, or of one container. */
  space: z.string(),
  started: z.string(),
});

export type RankProcess = z.infer<typeof rankProcess>;

/** How long the sender may be silent from now on. */
const patienceMs = z.number().positive();

/**
 * One line between two ranks, as JSON. "bye": all ranks leave together; "lost": the job ends; "gone": they go on
 * without one; `silent` is a process that may still be there.
 */
const rankLine = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("hello"),
    rank: z.number(),
    name: z.string(),
    token: z.string(),
    patienceMs,
    process: rankProcess.optional(),
  }),
  z.object({ kind: z.literal("beat"), patienceMs }),
  z.object({ kind: z.literal("bye") }),
  z.object({ kind: z.literal("lost"), message: z.string(), silent: rankProcess.optional() }),
  z.object({ kind: z.literal("gone"), rank: z.number(), message: z.string(), silent: rankProcess.optional() }),
]);

export type RankLine = z.infer<typeof rankLine>;

/** Undefined for what is no line of ours. */
export function parseLine(text: string): RankLine | undefined {
  try {
    return rankLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function sendLine(socket: Socket, line: RankLine): void {
  if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
}

/** Resolves once the line is on its way. */
export function endSocket(socket: Socket, line: RankLine): Promise<void> {
  if (!socket.writable) return Promise.resolve();
  // Nothing else may keep the program alive until then.
  socket.ref();
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
    socket.end(`${JSON.stringify(line)}\n`, () => resolve());
  });
}

/** Resolves once the other process has ended, or may be busy for long. */
export function tellLast(socket: Socket, line: RankLine): Promise<void> {
  socket.ref();
  sendLine(socket, line);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, HEARD_MS);
    socket.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
