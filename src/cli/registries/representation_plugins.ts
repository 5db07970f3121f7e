import { omitUndefined } from "../../core/options/omit_undefined.ts";
import { defineFactory, type NamedFactory } from "../options/named_factory.ts";
import type { ChosenPlugin, PluginContext } from "./plugin_context.ts";
import {
  BIC_OPTIONS,
  COPE_OPTIONS,
  FECAM_OPTIONS,
  ICARL_OPTIONS,
  NCM_OPTIONS,
  SCR_OPTIONS,
} from "./representation_options.ts";
import { createStoragePolicy } from "./storage_policy.ts";

/** Plugins that learn or compare features. */
export const REPRESENTATION_PLUGINS: readonly NamedFactory<PluginContext, Promise<ChosenPlugin>>[] = [
  defineFactory({
    name: "ncm",
    summary: "evaluation by the nearest class mean of features (Mensink et al. 2013), on top of any strategy",
    options: NCM_OPTIONS,
    create: async ({ storagePolicy, ...options }, _context: PluginContext) => {
      const { NCMPlugin } = await import("../../methods/ncm/ncm_plugin.ts");
      const policy = await createStoragePolicy(storagePolicy, options.memSize);
      return { plugin: new NCMPlugin({ ...omitUndefined(options), storagePolicy: policy }) };
    },
  }),
  defineFactory({
    name: "fecam",
    summary: "evaluation by Mahalanobis distances of features (Goswami et al. 2023), on top of any strategy",
    options: FECAM_OPTIONS,
    create: async ({ storagePolicy, ...options }, _context: PluginContext) => {
      const { FeCAMPlugin } = await import("../../methods/fecam/fecam_plugin.ts");
      const policy = await createStoragePolicy(storagePolicy, options.memSize);
      return { plugin: new FeCAMPlugin({ ...omitUndefined(options), storagePolicy: policy }) };
    },
  }),
  defineFactory({
    name: "icarl",
    summary: "distillation, herded exemplars and nearest class means (Rebuffi et al. 2017), on top of any strategy",
    options: ICARL_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { ICaRLPlugin } = await import("../../methods/icarl/icarl_plugin.ts");
      return { plugin: new ICaRLPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "scr",
    summary: "replay with a contrastive loss and nearest class means (Mai et al. 2021), on top of any strategy",
    options: SCR_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { SCRPlugin } = await import("../../methods/scr/scr_plugin.ts");
      return { plugin: new SCRPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "cope",
    summary: "replay with a prototype a class that moves along (De Lange and Tuytelaars 2021), on top of any strategy",
    options: COPE_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { CoPEPlugin } = await import("../../methods/cope/cope_plugin.ts");
      return { plugin: new CoPEPlugin(omitUndefined(options)) };
    },
  }),
  defineFactory({
    name: "bic",
    summary:
      "distillation, and new classes' logits set right on held-out samples (Wu et al. 2019), on top of any strategy",
    options: BIC_OPTIONS,
    create: async (options, _context: PluginContext) => {
      const { BiCPlugin } = await import("../../methods/bic/bic_plugin.ts");
      return { plugin: new BiCPlugin(omitUndefined(options)) };
    },
  }),
];
