/**
 * The entry of a Worker that decodes samples. It answers before anything heavy is loaded: messages that arrive before
 * `expose` are lost in both runtimes, so everything else is imported inside `attach`.
 */
import { expose } from "comlink";
import type { RemoteDecoder } from "../src/data/store/remote_decoder.ts";
import type { StoreDecoder } from "../src/data/store/store_decoder.ts";

const decoders = new Map<number, StoreDecoder>();

const remote: RemoteDecoder = {
  async attach({ store, part, spec }) {
    try {
      const { createRowDecoder } = await import("../src/data/decoders/create_row_decoder.ts");
      const { StoreDecoder } = await import("../src/data/store/store_decoder.ts");
      const own = store.parts[part];
      if (!own) throw new Error(`Cannot decode part ${part} of a store of ${store.parts.length}`);
      const decoder = new StoreDecoder(store, own, createRowDecoder(spec));
      decoders.set(store.id, decoder);
      void decoder.serve();
      return undefined;
    } catch (thrown) {
      const { serializeError } = await import("../src/core/errors/error_data.ts");
      return serializeError(thrown);
    }
  },
  detach(storeId) {
    decoders.get(storeId)?.stop();
    decoders.delete(storeId);
  },
};

expose(remote);
