/**
 * The entry of the Worker that calls MPI: a long call would stop the event loop of the main thread. It says when it is
 * ready, as messages that arrive before it listens are lost.
 */
import type { MpiAnswer, MpiRequest } from "../src/cluster/ranks/mpi/mpi_protocol.ts";

const send = (answer: MpiAnswer) => self.postMessage(answer);

self.addEventListener("message", async ({ data }: MessageEvent<MpiRequest>) => {
  const { answerMpiRequest } = await import("../src/cluster/ranks/mpi/serve_mpi.ts");
  send(await answerMpiRequest(data));
});
send({ kind: "ready" });
