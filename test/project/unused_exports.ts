import { blankComments, type SourceFile } from "./source_text.ts";

/**
 * Functions, classes and constants that one file of `sources` exports and no other file names, as "path: name". Types
 * may be exported alone: they stand in signatures.
 * @param others Files that may use what `sources` export.
 */
export function listUnusedExports(sources: readonly SourceFile[], others: readonly SourceFile[]): string[] {
  const files = [...sources, ...others].map(({ path, text }) => ({ path, text: blankComments(text) }));
  const users = new Map<string, Set<string>>();
  for (const { path, text } of files) {
    for (const [word] of text.matchAll(/\w+/g)) {
      const paths = users.get(word) ?? new Set();
      users.set(word, paths.add(path));
    }
  }
  return files.slice(0, sources.length).flatMap(({ path, text }) => {
    const exported = text.matchAll(/^export (?:abstract )?(?:async )?(?:const|function\*?|class) (\w+)/gm);
    return [...exported].filter(([, name = ""]) => users.get(name)?.size === 1).map(([, name]) => `${path}: ${name}`);
  });
}
