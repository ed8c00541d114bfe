// The help, made from the table of flags.

import { EXIT_MEANINGS } from "./exit.js";
import { COMMANDS, FLAGS } from "./flags.js";
import { bold } from "./text.js";

const RUN = "npx upstash-workflow-dlq";

const EXAMPLES = [
  ["What failed, and why?", "preview --all"],
  ["The last two hours, one workflow, what failed with 503:", ""],
  ["", "preview --from-date 2h --workflow-url https://app.example.com/api/pay --where-status 503"],
  ["Ten first; the rest if none of them fails again within a minute:", ""],
  ["", "resume --label nightly --canary 10 --canary-wait 60s --checkpoint night.checkpoint"],
  ["Everything, slowly, with a report:", ""],
  ["", "resume --all --max-runs-per-second 20 --checkpoint night.checkpoint --report night.csv"],
  ["Stopped or killed: continue from the checkpoint:", "resume --checkpoint night.checkpoint"],
  ["Ids from a file, each paired with its new run:", ""],
  ["", "resume --strategy each --report night.csv --yes - < ids.txt"],
  ["Resume, then report how many runs finished and how many failed again:", ""],
  ["", "resume --label nightly --follow --report night.csv"],
  ["Before the first drive, and for a bug report:", "doctor"],
  ["For a script:", "list --label nightly --ids"],
];

const PURPOSE = {
  list: "[ids|-] [selection]",
  preview: "<ids|-|selection|--all>",
  resume: "<ids|-|selection|--all> [overrides]",
  restart: "<ids|-|selection|--all> [overrides]",
  delete: "<ids|-|selection|--all>",
  follow: "<report|checkpoint|->",
  "retry-failure-function": "<ids|->",
  doctor: "",
};

const flagLine = ({ name, short, value, help, many }) => {
  const typed = `${short ? `-${short}, ` : ""}--${name}${value ? ` <${value}>` : ""}`;
  return `  ${typed.padEnd(34)} ${help}${many ? " (repeatable)" : ""}`;
};

const flagsOf = (command) => {
  const shown = FLAGS.filter(({ commands }) => !command || commands.includes(command));
  return [...new Set(shown.map((flag) => flag.group))].flatMap((title) => [
    bold(title),
    ...shown.filter((flag) => flag.group === title).map(flagLine),
    "",
  ]);
};

const examples = (command) =>
  EXAMPLES.flatMap(([said, line], i) => {
    const typed = line || EXAMPLES[i + 1]?.[1];
    if (command && !typed.startsWith(`${command} `)) return [];
    return [...(said ? [`  # ${said}`] : []), ...(line ? [`  ${RUN} ${line}`] : [])];
  });

/** The lines of the help, of one command or of all. */
export const help = (command) => {
  const commands = command
    ? [`  ${RUN} ${command} ${PURPOSE[command]} [flags]`, "", `  ${COMMANDS[command]}`]
    : Object.entries(COMMANDS).map(([name, does]) => `  ${name.padEnd(24)} ${does}`);
  const shownExamples = examples(command);
  return [
    "The dead letter queue of Upstash Workflow: list, preview, resume, restart, delete.",
    "",
    ...(command ? [] : [`  ${RUN} <command> [ids | -] [flags]`, ""]),
    bold(command ? "Usage" : "Commands"),
    ...commands,
    "",
    ...(shownExamples.length ? [bold("Examples"), ...shownExamples, ""] : []),
    ...flagsOf(command),
    bold("Environment"),
    "  QSTASH_TOKEN (required), QSTASH_URL, QSTASH_REGION with its two variables, NO_COLOR",
    "",
    bold("Exit codes"),
    ...Object.entries(EXIT_MEANINGS).map(([code, means]) => `  ${code.padEnd(4)} ${means}`),
    "",
    "  Ids are arguments, or one per line on standard input with -. Results go to standard output,",
    "  everything else to standard error. Ctrl-C stops and prints the command that continues; a second",
    "  Ctrl-C exits at once.",
    "",
  ];
};
