/**
 * Names that come from data, configurations and files, made fit to be shown: what a terminal would obey, or what would
 * turn the text around it, is written as an escape.
 */

/** Control characters, separators of lines and paragraphs, marks of writing direction, halves of surrogate pairs. */
const CONTROLS = /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/**
 * A text without a character that controls a terminal: each is shown as JSON writes it.
 * @example escapeControls("a\u001b[2Jb"); // "a\\u001b[2Jb"
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, escapeCharacter);
}

/** The same for a text of several lines: newlines and tabs stay. JSON stays JSON of the same meaning. */
export function escapeControlsInLines(text: string): string {
  return text.replace(CONTROLS, (character) =>
    character === "\n" || character === "\t" ? character : escapeCharacter(character),
  );
}

/** A text as one line: newlines with the blanks around them become one blank, other control characters escapes. */
export function formatAsLine(text: string): string {
  return escapeControls(text.trim().replace(/[^\S\n]*\n\s*/g, " "));
}

/**
 * JSON with its newline, for programs that read standard output: it means what `JSON.stringify` would write, and no
 * character of it controls a terminal.
 */
export function formatJSON(value: unknown, indent?: number): string {
  return `${escapeControlsInLines(JSON.stringify(value, null, indent))}\n`;
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
