// What a run came to, in the documents: the figures as data, and all that is made from them.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { between, markdownTable } from "../lib/marks.mjs";
import { path } from "../lib/run.mjs";
import { drawn } from "./bars.mjs";

const FOLDER = "docs/benchmarks";
const PAGE = "docs/benchmarks.md";
const README = "README.md";
export const FIGURES = `${FOLDER}/figures.json`;

const verdict = ({ met }) => (met ? "ok" : "**missed**");
const rowOf = (goal) => [goal.what, goal.figure, goal.goal, verdict(goal)];
const goalsTable = (goals) => markdownTable(["", "figure", "goal", ""], goals.map(rowOf));

function machine({ machine: { cores, model, load }, versions }) {
  const runtimes = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores (${model}), shared with the emulator; load average at the start ${load.toFixed(1)}. ${runtimes.join(", ")}.`;
}

function section({ tables, goals, plots }) {
  return [
    ...Object.entries(plots).map(([name, { title }]) => `![${title}](benchmarks/${name}.svg)`),
    ...tables.map(({ title, head, rows }) => `**${title}**\n\n${markdownTable(head, rows)}`),
    ...(goals.length > 0 ? [goalsTable(goals)] : []),
  ].join("\n\n");
}

/**
 * The documents as they are after a run.
 *
 * @param {object} run what it came to, as `--json` prints it
 * @param {Record<string, import("./index.mjs").Bench>} benches
 * @returns {Record<string, string>} file → text
 */
export function documentsOf(run, benches) {
  // A bench that is newer than the run has figures, and a section, from the next one on.
  const measured = Object.entries(benches).filter(([name]) => run.figures[name] !== undefined);
  const reports = measured.map(([name, bench]) => [name, bench.report(run.figures[name])]);
  const files = { [FIGURES]: `${JSON.stringify(run, null, 2)}\n` };
  const goals = reports.flatMap(([, report]) => report.goals);
  const parts = [
    ["machine", machine(run)],
    ["goals", goalsTable(goals)],
    ...reports.map(([name, one]) => [name, section(one)]),
  ];
  let page = readFileSync(path(PAGE), "utf8");
  for (const [name, content] of parts) {
    page = between(page, `<!-- bench: ${name} -->`, `<!-- /bench: ${name} -->`, content);
  }
  files[PAGE] = page;
  const { comparison } = Object.fromEntries(reports).drive;
  files[README] = between(
    readFileSync(path(README), "utf8"),
    "<!-- bench: comparison -->",
    "<!-- /bench: comparison -->",
    markdownTable(comparison.head, comparison.rows),
  );
  for (const [, { plots }] of reports) {
    for (const [name, bars] of Object.entries(plots)) files[`${FOLDER}/${name}.svg`] = drawn(bars);
  }
  return files;
}

/** Finer than anything that is measured here. */
const rounded = (_, value) => (typeof value === "number" ? Number(value.toFixed(3)) : value);

/** Writes what `documentsOf` says. */
export function writeDocuments(measured, benches) {
  const run = JSON.parse(JSON.stringify(measured, rounded));
  mkdirSync(path(FOLDER), { recursive: true });
  for (const [file, text] of Object.entries(documentsOf(run, benches))) {
    writeFileSync(path(file), text);
  }
}
