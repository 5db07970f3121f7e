/** Writes docs/licences.md anew, after dependencies changed. */
import { readFile, writeFile } from "node:fs/promises";
import { formatLicencePage } from "./licence_page.ts";

const root = new URL("../", import.meta.url);
const { packages } = JSON.parse(await readFile(new URL("package-lock.json", root), "utf8"));
await writeFile(new URL("docs/licences.md", root), formatLicencePage(packages));
