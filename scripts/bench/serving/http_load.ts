import { connect, type Socket } from "node:net";
import { RefusalError } from "../../../src/core/errors/errors.ts";

/** What is asked, by how many clients at a time, and how often in all. */
export interface HttpLoad {
  readonly port: number;
  /** A whole request, head and body, of a connection that stays open. */
  readonly request: Uint8Array;
  readonly clients: number;
  readonly requests: number;
}

const HEAD_END = "\r\n\r\n";

/**
 * Asks a server over plain connections: each client sends the same bytes again as soon as its answer is whole. An HTTP
 * client would take more of the machine than the servers that are measured.
 * @throws {Error} If an answer has another status than 200, tells no length, or a connection ends.
 */
export async function loadServer({ port, request, clients, requests }: HttpLoad): Promise<void> {
  let left = requests;
  const takeTurn = () => {
    left -= 1;
    return left >= 0;
  };
  await Promise.all(Array.from({ length: clients }, () => runClient({ port, request, takeTurn })));
}

interface ClientPlan extends Pick<HttpLoad, "port" | "request"> {
  readonly takeTurn: () => boolean;
}

function runClient({ port, request, takeTurn }: ClientPlan): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    const answer = new AnswerLength();
    const askNext = () => {
      if (takeTurn()) socket.write(request);
      else end(socket, resolve);
    };
    socket.on("connect", askNext);
    socket.on("error", reject);
    socket.on("close", () => reject(new RefusalError("the server closed a connection")));
    socket.on("data", (part: Buffer) => {
      try {
        if (answer.isComplete(part)) askNext();
      } catch (error) {
        socket.destroy();
        reject(error);
      }
    });
  });
}

function end(socket: Socket, resolve: () => void): void {
  socket.removeAllListeners("close");
  socket.end();
  resolve();
}

/** Finds where one answer ends. */
class AnswerLength {
  #head = "";
  /** Bytes of the body that have not come yet; undefined as long as the head is not whole. */
  #left: number | undefined;

  /** @throws {Error} If the answer is none that was wanted. */
  isComplete(part: Buffer): boolean {
    if (this.#left === undefined) {
      this.#head += part.toString("latin1");
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return false;
      const body = this.#head.length - end - HEAD_END.length;
      this.#left = readLength(this.#head) - body;
    } else {
      this.#left -= part.length;
    }
    if (this.#left > 0) return false;
    this.#head = "";
    this.#left = undefined;
    return true;
  }
}

function readLength(answer: string): number {
  const length = /^content-length: *(\d+)\r$/im.exec(answer)?.[1];
  if (!answer.startsWith("HTTP/1.1 200") || length === undefined) {
    throw new RefusalError(`the server answered ${JSON.stringify(answer.slice(0, 400))}`);
  }
  return Number(length);
}
