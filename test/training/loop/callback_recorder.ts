import {
  type Callback,
  type CallbackName,
  EVAL_CALLBACKS,
  TRAINING_CALLBACKS,
} from "../../../src/training/loop/callbacks.ts";
import type { StrategyPlugin } from "../../../src/training/loop/strategy_plugin.ts";

/** Every callback there is. */
export const ALL_CALLBACKS: readonly CallbackName[] = [...TRAINING_CALLBACKS, ...EVAL_CALLBACKS];

/** A plugin with these callbacks, each of which is `listen`. */
export function createListener(
  callbacks: readonly CallbackName[],
  listen: (callback: CallbackName, strategy: Parameters<Callback>[0]) => void | Promise<void>,
  name = "listener",
): StrategyPlugin {
  const plugin: { -readonly [Key in keyof StrategyPlugin]: StrategyPlugin[Key] } = { name };
  for (const callback of callbacks) plugin[callback] = (strategy) => listen(callback, strategy);
  return plugin;
}

/** A plugin with every callback, which notes their names. */
export function createRecorder(log: string[], label = ""): StrategyPlugin {
  return createListener(ALL_CALLBACKS, (callback) => void log.push(label + callback), `recorder ${label}`);
}
