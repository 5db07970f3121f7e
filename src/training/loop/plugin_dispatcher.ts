import { needs, RefusalError } from "../../core/errors/errors.ts";
import { findOrCreate } from "../../core/find_or_create.ts";
import type { LossAndGradient } from "../losses/loss_and_gradient.ts";
import type { ModelGrowth } from "../model/model_growth.ts";
import { type AssignmentPlace, fixList } from "./assignments.ts";
import type { BaseStrategy } from "./base_strategy.ts";
import type { CallbackName } from "./callbacks.ts";
import { listParts, namePlugin, type StrategyPlugin } from "./strategy_plugin.ts";

/** What at most one plugin may replace in an experience. */
export type Replaceable = "dataloader" | "adaptedDataset";

/** Calls the plugins in their order and knows which of them is being called. */
export class PluginDispatcher {
  #plugins: readonly StrategyPlugin[] = [];
  readonly #listeners = new Map<CallbackName, readonly StrategyPlugin[]>();
  readonly #owners = new Map<Replaceable, StrategyPlugin>();
  #running: StrategyPlugin | undefined;
  #callback: CallbackName = "beforeTraining";

  /** All plugins in their order, each followed by those that it is made of. */
  get plugins(): readonly StrategyPlugin[] {
    return this.#plugins;
  }

  set plugins(plugins: readonly StrategyPlugin[]) {
    this.#install(plugins.flatMap(listParts));
  }

  /** Puts a plugin without parts into another's place. */
  replace(old: StrategyPlugin, plugin: StrategyPlugin): void {
    this.#install(this.#plugins.map((other) => (other === old ? plugin : other)));
  }

  /** The plugin that is being called, and in which callback; undefined where none is. */
  get place(): AssignmentPlace | undefined {
    return this.#running && { plugin: namePlugin(this.#running), callback: this.#callback };
  }

  /** Forgets the plugin that is being called: a loop inside its callback begins. The result remembers it again. */
  suspend(): () => void {
    const [running, callback] = [this.#running, this.#callback];
    this.#running = undefined;
    return () => {
      [this.#running, this.#callback] = [running, callback];
    };
  }

  /** The names of the plugins that have this callback, or the method that takes the criterion's place. */
  listListeners(callback: CallbackName | "criterion"): string[] {
    if (callback === "criterion") return this.#plugins.filter((plugin) => plugin.criterion).map(namePlugin);
    return this.#listenersOf(callback).map(namePlugin);
  }

  /** True where a plugin may look at the outputs of a training iteration that was computed in one command. */
  get readsOutputs(): boolean {
    const isReader = ({ afterUpdate, afterTrainingIteration, readsOutputs = true }: StrategyPlugin) =>
      readsOutputs && (afterUpdate ?? afterTrainingIteration) !== undefined;
    return this.#plugins.some(isReader);
  }

  /** Whether any plugin has this callback. */
  hears(callback: CallbackName): boolean {
    return this.#listenersOf(callback).length > 0;
  }

  /** Calls every plugin that has this callback, one after another. Who returns no promise is not waited for. */
  async trigger(callback: CallbackName, strategy: BaseStrategy): Promise<void> {
    for (const plugin of this.#listenersOf(callback)) {
      this.#running = plugin;
      this.#callback = callback;
      try {
        const pending = plugin[callback]?.(strategy);
        if (pending !== undefined) await pending;
      } finally {
        this.#running = undefined;
      }
    }
  }

  /** What a plugin puts in the place of the criterion in training; undefined where none does. */
  replaceCriterion(strategy: BaseStrategy): LossAndGradient | Promise<LossAndGradient> | undefined {
    return strategy.isTraining ? this.#plugins.find(({ criterion }) => criterion)?.criterion?.(strategy) : undefined;
  }

  /** Tells every plugin that wants to know that the model has grown, one after another. */
  async announceGrowth(growth: ModelGrowth, strategy: BaseStrategy): Promise<void> {
    for (const plugin of this.#plugins) await plugin.afterModelGrowth?.(strategy, growth);
  }

  /** Forgets who replaced what: a new experience begins. */
  releaseClaims(): void {
    this.#owners.clear();
  }

  /**
   * Notes that the plugin being called replaces something; what the strategy sets itself is not noted.
   * @throws {Error} If another plugin has replaced it in this experience.
   */
  claim(replaceable: Replaceable): void {
    const plugin = this.#running;
    if (!plugin) return;
    const owner = this.#owners.get(replaceable);
    if (owner && owner !== plugin) {
      const pair = `${namePlugin(owner)} and ${namePlugin(plugin)}`;
      throw new RefusalError(needs("training", `at most one plugin that replaces the ${replaceable}`, pair));
    }
    this.#owners.set(replaceable, plugin);
  }

  #install(plugins: readonly StrategyPlugin[]): void {
    this.#plugins = fixList(plugins, "strategy.plugins cannot be changed: plugins are given when a strategy is made");
    this.#listeners.clear();
  }

  #listenersOf(callback: CallbackName): readonly StrategyPlugin[] {
    return findOrCreate(this.#listeners, callback, () => {
      return this.#plugins.filter((plugin) => plugin[callback] !== undefined);
    });
  }
}
