import type { ChosenPlugin, Method, PluginContext } from "../../methods/method.ts";
import { listMethods } from "../../methods/methods.ts";
import { defineFactory, type NamedFactory, type Registry } from "../options/named_factory.ts";
import { citePaper } from "./cite_paper.ts";
import { EVALUATION_PLUGINS } from "./evaluation_plugins.ts";

type PluginFactory = NamedFactory<PluginContext, Promise<ChosenPlugin>>;

/** The plugins there are. Each is loaded when it is made. */
export const PLUGINS: Registry<PluginContext, Promise<ChosenPlugin>> = {
  kind: "plugin",
  factories: [...listMethods("plugin").map(createPluginFactory), ...EVALUATION_PLUGINS],
  module: {
    exported: "plugin",
    summary: "path=./my_plugin.ts, a module that exports the class plugin; see docs/write-a-plugin.md",
    create: async (module, own) => {
      const plugin = await module.construct(own);
      if (typeof plugin === "object" && plugin !== null) return { plugin };
      throw module.refuse("be a class of plugins", plugin);
    },
  },
};

function createPluginFactory({ name, summary, paper, forms, options, load, createPlugin }: Method): PluginFactory {
  const isStrategy = forms === undefined || forms.includes("strategy");
  return defineFactory({
    name,
    summary: `${citePaper(summary, paper)}${isStrategy ? ", on top of any strategy" : ""}`,
    options,
    create: async (own, context: PluginContext) => {
      // The schema has checked what was typed.
      if (createPlugin) return createPlugin(own as never, context);
      const { plugin: Plugin } = await load();
      if (!Plugin) throw new Error(`the module of ${name} exports no plugin`);
      return { plugin: new Plugin(own as never) };
    },
  });
}
