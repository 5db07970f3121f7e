/** A replica that lists the modules which its Worker has loaded, by their addresses, to whoever asks on the channel. */
import { createRequire } from "node:module";
import "../../../workers/replica.ts";
import { MODULES_CHANNEL } from "./modules_channel.ts";

const channel = new BroadcastChannel(MODULES_CHANNEL);
channel.onmessage = ({ data }: MessageEvent) => {
  // In Bun this holds modules of both kinds.
  if (data === "list") channel.postMessage(Object.keys(createRequire(import.meta.url).cache));
};
