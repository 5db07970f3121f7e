import { serializeError } from "../../../core/errors/error_data.ts";
import { MpiLibrary } from "./mpi_library.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_protocol.ts";
import { MpiRank } from "./mpi_rank.ts";

let rank: MpiRank | undefined;

/** Does what one request asks, in the thread that alone calls MPI. Never throws: the answer says what went wrong. */
export async function answerMpiRequest(request: MpiRequest): Promise<MpiAnswer> {
  try {
    return await answer(request);
  } catch (thrown) {
    return { kind: "failed", error: serializeError(thrown) };
  }
}

async function answer(request: MpiRequest): Promise<MpiAnswer> {
  switch (request.kind) {
    case "begin": {
      const library = await MpiLibrary.open(request.file);
      rank = new MpiRank(library, request);
      return { kind: "begun", rank: rank.rank, size: rank.size, version: library.version };
    }
    case "exchange":
      requireRank().exchange(request.sums, request.rows);
      return { kind: "done" };
    case "agree":
      return { kind: "agreed", said: requireRank().agree(request.said) };
    case "end":
      rank?.close();
      rank = undefined;
      return { kind: "done" };
  }
}

function requireRank(): MpiRank {
  if (!rank) throw new Error("MPI was not begun");
  return rank;
}
