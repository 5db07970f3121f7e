/**
 * The entry of a replica's Worker, or of its process. It answers before anything heavy is loaded: messages that arrive
 * before `expose` are lost in both runtimes, so everything else is imported inside `init`.
 */
import { expose } from "comlink";
import { findCoordinator } from "../src/cluster/processes/channel.ts";
import type { ReplicaProcess } from "../src/cluster/processes/replica_process.ts";
import type { RemoteReplica } from "../src/cluster/protocol/replica_setup.ts";
import type { ReplicaServer } from "../src/cluster/replica/replica_server.ts";

let server: ReplicaServer | undefined;
let ownProcess: ReplicaProcess | undefined;

function requireServer(): ReplicaServer {
  if (!server) throw new Error("Cannot serve: the replica was not initialised");
  return server;
}

const remote: RemoteReplica = {
  async init(setup) {
    const { serializeError } = await import("../src/core/errors/error_data.ts");
    try {
      await ownProcess?.prepare(setup);
      const { ReplicaServer } = await import("../src/cluster/replica/replica_server.ts");
      const started = await ReplicaServer.start(setup);
      server = started.server;
      return { engine: started.engine };
    } catch (thrown) {
      return { engine: "none", error: serializeError(thrown) };
    }
  },
  apply: (command) => requireServer().replica.apply(command),
  answer: (question) => requireServer().replica.answer(question),
  takeFailure: () => requireServer().takeFailure(),
  close: () => server?.close(),
};

const coordinator = findCoordinator();
if (coordinator === undefined) expose(remote);
else {
  const { connectToCoordinator } = await import("../src/cluster/processes/replica_process.ts");
  ownProcess = await connectToCoordinator(coordinator);
  expose(remote, ownProcess.endpoint);
  ownProcess.announce();
}
