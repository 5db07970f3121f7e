import { agem } from "./agem/options.ts";
import { ar1 } from "./ar1/options.ts";
import { bic } from "./bic/options.ts";
import { cope } from "./cope/options.ts";
import { cumulative } from "./cumulative/options.ts";
import { cutmix } from "./cutmix/options.ts";
import { cwrStar } from "./cwr_star/options.ts";
import { der } from "./der/options.ts";
import { createEarlyStopping } from "./early_stopping/command_line.ts";
import { earlyStopping } from "./early_stopping/options.ts";
import { erACE } from "./er_ace/options.ts";
import { erAML } from "./er_aml/options.ts";
import { ewc } from "./ewc/options.ts";
import { featureDistillation } from "./feature_distillation/options.ts";
import { featureReplay } from "./feature_replay/options.ts";
import { fecam } from "./fecam/options.ts";
import { fromScratchTraining } from "./from_scratch_training/options.ts";
import { gdumb } from "./gdumb/options.ts";
import { gem } from "./gem/options.ts";
import { generativeReplay } from "./generative_replay/options.ts";
import { gradientAccumulation } from "./gradient_accumulation/options.ts";
import { gradientClipping } from "./gradient_clipping/options.ts";
import { gssGreedy } from "./gss_greedy/options.ts";
import { icarl } from "./icarl/options.ts";
import { il2m } from "./il2m/options.ts";
import { jointTraining } from "./joint_training/options.ts";
import { laMAML } from "./la_maml/options.ts";
import { lae } from "./lae/options.ts";
import { latentReplay } from "./latent_replay/options.ts";
import { lfl } from "./lfl/options.ts";
import { lossScaling } from "./loss_scaling/options.ts";
import { createLRScheduler } from "./lr_scheduler/command_line.ts";
import { lrScheduler } from "./lr_scheduler/options.ts";
import { lwf } from "./lwf/options.ts";
import { mas } from "./mas/options.ts";
import { mer } from "./mer/options.ts";
import type { Method, MethodForm } from "./method.ts";
import { mir } from "./mir/options.ts";
import { mixup } from "./mixup/options.ts";
import { naive } from "./naive/options.ts";
import { ncm } from "./ncm/options.ts";
import { packNet } from "./pack_net/options.ts";
import { pnn } from "./pnn/options.ts";
import { ranpac } from "./ranpac/options.ts";
import { rar } from "./rar/options.ts";
import { replay } from "./replay/options.ts";
import { rwalk } from "./rwalk/options.ts";
import { scr } from "./scr/options.ts";
import { shrinkAndPerturb } from "./shrink_and_perturb/options.ts";
import { streamingLDA } from "./streaming_lda/options.ts";
import { synapticIntelligence } from "./synaptic_intelligence/options.ts";
import { weightAveraging } from "./weight_averaging/options.ts";

/** The methods, the default strategy first. Each module is loaded, and TF.js with it, when it is used. */
const METHODS: readonly Method[] = [
  { ...naive, load: () => import("./naive/naive.ts") },
  { ...cumulative, load: () => import("./cumulative/cumulative.ts") },
  { ...jointTraining, load: () => import("./joint_training/joint_training.ts") },
  { ...fromScratchTraining, load: () => import("./from_scratch_training/from_scratch_training_plugin.ts") },
  { ...replay, load: () => import("./replay/replay_plugin.ts") },
  { ...gem, load: () => import("./gem/gem_plugin.ts") },
  { ...agem, load: () => import("./agem/agem_plugin.ts") },
  { ...generativeReplay, load: () => import("./generative_replay/generative_replay_plugin.ts") },
  { ...gdumb, load: () => import("./gdumb/gdumb_plugin.ts") },
  { ...mir, load: () => import("./mir/mir_plugin.ts") },
  { ...der, load: () => import("./der/der_plugin.ts") },
  { ...erACE, load: () => import("./er_ace/er_ace_plugin.ts") },
  { ...erAML, load: () => import("./er_aml/er_aml_plugin.ts") },
  { ...featureReplay, load: () => import("./feature_replay/feature_replay_plugin.ts") },
  { ...latentReplay, load: () => import("./latent_replay/latent_replay_plugin.ts") },
  { ...ar1, load: () => import("./ar1/ar1.ts") },
  { ...gssGreedy, load: () => import("./gss_greedy/gss_greedy_plugin.ts") },
  { ...rar, load: () => import("./rar/rar_plugin.ts") },
  { ...il2m, load: () => import("./il2m/il2m_plugin.ts") },
  { ...mer, load: () => import("./mer/mer.ts") },
  { ...laMAML, load: () => import("./la_maml/la_maml.ts") },
  { ...icarl, load: () => import("./icarl/icarl_plugin.ts") },
  { ...ranpac, load: () => import("./ranpac/ranpac.ts") },
  { ...streamingLDA, load: () => import("./streaming_lda/streaming_lda.ts") },
  { ...scr, load: () => import("./scr/scr_plugin.ts") },
  { ...cope, load: () => import("./cope/cope_plugin.ts") },
  { ...pnn, load: () => import("./pnn/pnn_strategy.ts") },
  { ...bic, load: () => import("./bic/bic_plugin.ts") },
  { ...ncm, load: () => import("./ncm/ncm_plugin.ts") },
  { ...fecam, load: () => import("./fecam/fecam_plugin.ts") },
  { ...lae, load: () => import("./lae/lae_plugin.ts") },
  { ...ewc, load: () => import("./ewc/ewc_plugin.ts") },
  { ...synapticIntelligence, load: () => import("./synaptic_intelligence/synaptic_intelligence_plugin.ts") },
  { ...lwf, load: () => import("./lwf/lwf_plugin.ts") },
  { ...mas, load: () => import("./mas/mas_plugin.ts") },
  { ...rwalk, load: () => import("./rwalk/rwalk_plugin.ts") },
  { ...cwrStar, load: () => import("./cwr_star/cwr_star_plugin.ts") },
  { ...packNet, load: () => import("./pack_net/pack_net_plugin.ts") },
  { ...lfl, load: () => import("./lfl/lfl_plugin.ts") },
  { ...featureDistillation, load: () => import("./feature_distillation/feature_distillation_plugin.ts") },
  { ...lossScaling, load: () => import("./loss_scaling/loss_scaling_plugin.ts") },
  {
    ...earlyStopping,
    load: () => import("./early_stopping/early_stopping_plugin.ts"),
    createPlugin: createEarlyStopping,
  },
  { ...gradientClipping, load: () => import("./gradient_clipping/gradient_clipping_plugin.ts") },
  { ...gradientAccumulation, load: () => import("./gradient_accumulation/gradient_accumulation_plugin.ts") },
  { ...mixup, load: () => import("./mixup/mixup_plugin.ts") },
  { ...cutmix, load: () => import("./cutmix/cutmix_plugin.ts") },
  { ...weightAveraging, load: () => import("./weight_averaging/weight_averaging_plugin.ts") },
  { ...shrinkAndPerturb, load: () => import("./shrink_and_perturb/shrink_and_perturb_plugin.ts") },
  { ...lrScheduler, load: () => import("./lr_scheduler/lr_scheduler_plugin.ts"), createPlugin: createLRScheduler },
];

/** The methods that are used in this form, in order. */
export function listMethods(form: MethodForm): readonly Method[] {
  return METHODS.filter(({ forms = ["strategy", "plugin"] }) => forms.includes(form));
}
