/**
 * Strategies, each ready to train: `firn/strategies`.
 * @module
 */

export { AGEM } from "./methods/agem/agem_plugin.ts";
export { AR1 } from "./methods/ar1/ar1.ts";
export type { AR1Options } from "./methods/ar1/options.ts";
export { BiC } from "./methods/bic/bic_plugin.ts";
export { CoPE } from "./methods/cope/cope_plugin.ts";
export { Cumulative } from "./methods/cumulative/cumulative.ts";
export { CWRStar } from "./methods/cwr_star/cwr_star_plugin.ts";
export { DER } from "./methods/der/der_plugin.ts";
export { ER_ACE } from "./methods/er_ace/er_ace_plugin.ts";
export { ER_AML } from "./methods/er_aml/er_aml_plugin.ts";
export { EWC } from "./methods/ewc/ewc_plugin.ts";
export { FeatureReplay } from "./methods/feature_replay/feature_replay_plugin.ts";
export { FromScratchTraining } from "./methods/from_scratch_training/from_scratch_training_plugin.ts";
export { GDumb } from "./methods/gdumb/gdumb_plugin.ts";
export { GEM } from "./methods/gem/gem_plugin.ts";
export { GenerativeReplay } from "./methods/generative_replay/generative_replay_plugin.ts";
export { VAETraining, type VAETrainingOptions } from "./methods/generative_replay/vae_training.ts";
export { GSS_greedy } from "./methods/gss_greedy/gss_greedy_plugin.ts";
export { ICaRL } from "./methods/icarl/icarl_plugin.ts";
export { IL2M } from "./methods/il2m/il2m_plugin.ts";
export { JointTraining } from "./methods/joint_training/joint_training.ts";
export { LaMAML } from "./methods/la_maml/la_maml.ts";
export type { LaMAMLOptions } from "./methods/la_maml/options.ts";
export { LAE } from "./methods/lae/lae_plugin.ts";
export { LFL } from "./methods/lfl/lfl_plugin.ts";
export { LwF } from "./methods/lwf/lwf_plugin.ts";
export { MAS } from "./methods/mas/mas_plugin.ts";
export { MER } from "./methods/mer/mer.ts";
export type { MEROptions } from "./methods/mer/options.ts";
export { MIR } from "./methods/mir/mir_plugin.ts";
export { Naive } from "./methods/naive/naive.ts";
export { PackNet } from "./methods/pack_net/pack_net_plugin.ts";
export { PNNStrategy } from "./methods/pnn/pnn_strategy.ts";
export type { RanPACOptions } from "./methods/ranpac/options.ts";
export { RanPAC } from "./methods/ranpac/ranpac.ts";
export { Replay } from "./methods/replay/replay_plugin.ts";
export { RWalk } from "./methods/rwalk/rwalk_plugin.ts";
export { SCR } from "./methods/scr/scr_plugin.ts";
export type { StreamingLDAOptions } from "./methods/streaming_lda/options.ts";
export { StreamingLDA } from "./methods/streaming_lda/streaming_lda.ts";
export { SynapticIntelligence } from "./methods/synaptic_intelligence/synaptic_intelligence_plugin.ts";
