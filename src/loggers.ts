/**
 * Where the values of metrics are written: `firn/loggers`.
 * @module
 */

export { CSVLogger, type CSVLoggerOptions } from "./evaluation/loggers/csv_logger.ts";
export { InteractiveLogger, type InteractiveLoggerOptions } from "./evaluation/loggers/interactive_logger.ts";
export { JSONLinesLogger, type JSONLinesLoggerOptions } from "./evaluation/loggers/json_lines_logger.ts";
export type { Logger } from "./evaluation/loggers/logger.ts";
export type { LoggerState } from "./evaluation/loggers/logger_group.ts";
export { TensorBoardLogger, type TensorBoardLoggerOptions } from "./evaluation/loggers/tensorboard_logger.ts";
export type { TextStream } from "./evaluation/loggers/terminal_bars.ts";
export { TextLogger } from "./evaluation/loggers/text_logger.ts";
