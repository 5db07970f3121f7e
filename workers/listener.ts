/**
 * The entry of a Worker that listens and answers. Everything heavy is imported inside `open`: messages that arrive
 * before `expose` are lost.
 */
import { expose } from "comlink";
import type { ListeningThread } from "../src/serving/listeners/listening_thread.ts";
import type { RemoteListener } from "../src/serving/listeners/remote_listener.ts";

let thread: ListeningThread | undefined;

function requireThread(): ListeningThread {
  if (!thread) throw new Error("Cannot serve: the listener was not opened");
  return thread;
}

const remote: RemoteListener = {
  async open(options) {
    const { ListeningThread } = await import("../src/serving/listeners/listening_thread.ts");
    thread = new ListeningThread(options);
  },
  apply: (command) => requireThread().answerer.apply(command),
  readStatistics: () => requireThread().answerer.readStatistics(),
  recall: (model, id) => requireThread().answerer.recall(model, id),
  forget: (model, id) => requireThread().answerer.forget(model, id),
  listen: async (setup, ask) => requireThread().listen(setup, ask),
  end: async () => thread?.end(),
};

expose(remote);
