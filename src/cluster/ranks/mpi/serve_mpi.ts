import { serializeError } from "../../../core/errors/error_data.ts";
import { beginMpi } from "./communicator.ts";
import { findUlfmLack } from "./elastic/find_ulfm_lack.ts";
import { Survivors } from "./elastic/survivors.ts";
import { MpiCalls } from "./mpi_calls.ts";
import { MpiLibrary } from "./mpi_library.ts";
import type { MpiAnswer, MpiRequest } from "./mpi_protocol.ts";
import { MpiRank } from "./mpi_rank.ts";

let rank: MpiRank | undefined;
/** Where the others go on if a rank is lost. */
let survivors: Survivors | undefined;

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
    case "begin":
      return begin(request);
    case "exchange":
      return exchange((own) => {
        own.exchange(request.sums, request.rows);
        return { kind: "done" };
      });
    case "agree":
      return exchange((own) => ({ kind: "agreed", said: own.agree(request.said) }));
    case "end":
      // Open MPI 5.0 may wait there for ever for a rank that was lost. Its launcher does not ask for it then.
      if (!survivors) rank?.close();
      rank = undefined;
      return { kind: "done" };
  }
}

async function begin(request: MpiRequest & { readonly kind: "begin" }): Promise<MpiAnswer> {
  const library = await MpiLibrary.open(request.file);
  const calls = new MpiCalls(library, beginMpi(library), request);
  rank = new MpiRank(library, calls);
  const ulfmLack = request.isElastic ? findUlfmLack(library) : undefined;
  if (request.isElastic && ulfmLack === undefined) survivors = new Survivors(library, calls);
  return { kind: "begun", rank: rank.rank, size: rank.size, version: library.version, ulfmLack };
}

function exchange(work: (own: MpiRank) => MpiAnswer): MpiAnswer {
  if (!rank) throw new Error("MPI was not begun");
  const own = rank;
  if (!survivors) return work(own);
  const attempt = survivors.attempt(() => work(own));
  if (attempt.kind === "done") return attempt.value;
  return { kind: "shrunk", rank: own.rank, size: own.size, lost: attempt.lost };
}
