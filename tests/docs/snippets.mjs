// The code in the documents, as files that can be checked and run.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { path } from "../../scripts/lib/run.mjs";

export const DOCUMENTS = ["README.md", "pkg-template/README.md"];

const FENCE = /^```(js|ts|html)\n([\s\S]*?)^```$/gm;

/** A page's module script, at the lines where it stands. */
function scriptOf(html) {
  const [all, code] = /<script type="module">\n([\s\S]*?)<\/script>/.exec(html);
  return "\n".repeat(html.slice(0, html.indexOf(all)).split("\n").length) + code;
}

/** How a snippet can be run. */
function kindOf(language, code) {
  if (language === "html") return "page";
  if (code.includes("async scheduled(")) return "cron";
  if (code.includes("export default")) return "worker";
  // What a page fetches by its own address.
  return code.includes('fetch("/') ? "page" : "program";
}

/**
 * Writes each snippet to a file of a folder of the repository, so that names resolve there as they
 * do for a user. Its lines have the numbers that they have in the document.
 *
 * @returns {{ place: string, file: string, code: string, kind: "program" | "worker" | "cron" | "page", html?: string }[]}
 *   `html`: the page, where it is one
 */
export function extractSnippets() {
  const folder = path("target/snippets");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return DOCUMENTS.flatMap((document) => {
    const text = readFileSync(path(document), "utf8");
    return [...text.matchAll(FENCE)].map(({ 1: language, 2: inner, index }) => {
      const code = language === "html" ? scriptOf(inner) : inner;
      const line = text.slice(0, index).split("\n").length;
      const extension =
        language === "ts" ? "mts" : /^const .* = require\(/m.test(code) ? "cjs" : "mjs";
      const name = `${document.replaceAll(/\W/g, "-")}-${line}.${extension}`;
      const file = join(folder, name);
      writeFileSync(file, "\n".repeat(line) + code);
      const kind = kindOf(language, code);
      const html = language === "html" ? inner : `<script type="module">\n${inner}</script>`;
      return { place: `${document}:${line}`, file, code, kind, ...(kind === "page" && { html }) };
    });
  });
}

/**
 * The command lines in the documents, without what is said of them.
 *
 * @returns {{ place: string, line: string }[]}
 */
export function extractCommands() {
  return DOCUMENTS.flatMap((document) =>
    readFileSync(path(document), "utf8")
      .split("\n")
      .map((text, i) => ({ place: `${document}:${i + 1}`, line: text.replace(/\s*#.*$/, "") }))
      .filter(({ line }) => line.startsWith("npx upstash-workflow-dlq ")),
  );
}
