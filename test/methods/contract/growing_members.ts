import type { ContractMember } from "./contract_member.ts";
import { CONTRACT_MEMBERS } from "./contract_members.ts";
import { REHEARSAL_MEMBERS } from "./rehearsal_members.ts";
import { REPRESENTATION_MEMBERS } from "./representation_members.ts";

/** The contract has them take features of the last layer, which grows. */
export const LAST_LAYER_MEMBERS = ["FeCAMPlugin", "RanPAC", "StreamingLDA"];

/** Their models' outputs are embeddings: they refuse heads that grow. */
const EMBEDDING_MEMBERS = ["CoPEPlugin", "SCRPlugin"];

/**
 * What keeps samples or features of the past, a class a method: the plugins, and strategies that are more than one
 * plugin. Their heads grow in a contract of their own.
 */
export function listGrowingMembers(): [string, ContractMember][] {
  const { Replay, ReplayPlugin, GenerativeReplayPlugin } = CONTRACT_MEMBERS;
  const members = {
    ...REHEARSAL_MEMBERS,
    ...REPRESENTATION_MEMBERS,
    ...(Replay && ReplayPlugin ? { Replay, ReplayPlugin } : {}),
    ...(GenerativeReplayPlugin ? { GenerativeReplayPlugin } : {}),
  };
  // GSS_greedy is a GSSGreedyPlugin.
  const plugins = new Set(Object.keys(members).map((name) => name.toLowerCase()));
  const isOwn = (name: string) => !plugins.has(`${name.replaceAll("_", "").toLowerCase()}plugin`);
  const others = [...LAST_LAYER_MEMBERS, ...EMBEDDING_MEMBERS];
  return Object.entries(members).filter(([name]) => isOwn(name) && !others.includes(name));
}
