/**
 * Strategies, each ready to train: `firn/strategies`.
 * @module
 */

export { AGEM } from "./methods/agem/agem.ts";
export { AR1, type AR1Options } from "./methods/ar1/ar1.ts";
export { BiC } from "./methods/bic/bic.ts";
export { CoPE } from "./methods/cope/cope.ts";
export { Cumulative } from "./methods/cumulative/cumulative.ts";
export { CWRStar } from "./methods/cwr_star/cwr_star.ts";
export { DER } from "./methods/der/der.ts";
export { ER_ACE } from "./methods/er_ace/er_ace.ts";
export { ER_AML } from "./methods/er_aml/er_aml.ts";
export { EWC } from "./methods/ewc/ewc.ts";
export { FeatureReplay } from "./methods/feature_replay/feature_replay.ts";
export { FromScratchTraining } from "./methods/from_scratch_training/from_scratch_training.ts";
export { GDumb } from "./methods/gdumb/gdumb.ts";
export { GEM } from "./methods/gem/gem.ts";
export { GenerativeReplay } from "./methods/generative_replay/generative_replay.ts";
export { VAETraining, type VAETrainingOptions } from "./methods/generative_replay/vae_training.ts";
export { GSS_greedy } from "./methods/gss_greedy/gss_greedy.ts";
export { ICaRL } from "./methods/icarl/icarl.ts";
export { IL2M } from "./methods/il2m/il2m.ts";
export { JointTraining } from "./methods/joint_training/joint_training.ts";
export { LaMAML, type LaMAMLOptions } from "./methods/la_maml/la_maml.ts";
export { LFL } from "./methods/lfl/lfl.ts";
export { LwF } from "./methods/lwf/lwf.ts";
export { MAS } from "./methods/mas/mas.ts";
export { MER, type MEROptions } from "./methods/mer/mer.ts";
export { MIR } from "./methods/mir/mir.ts";
export { Naive } from "./methods/naive/naive.ts";
export { PackNet } from "./methods/pack_net/pack_net.ts";
export { PNNStrategy } from "./methods/pnn/pnn_strategy.ts";
export { Replay } from "./methods/replay/replay.ts";
export { RWalk } from "./methods/rwalk/rwalk.ts";
export { SCR } from "./methods/scr/scr.ts";
export { StreamingLDA, type StreamingLDAOptions } from "./methods/streaming_lda/streaming_lda.ts";
export { SynapticIntelligence } from "./methods/synaptic_intelligence/synaptic_intelligence.ts";
