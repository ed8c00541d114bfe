// The fields of the dialog.

import { hasRuns } from "./order.js";

/** All that can be overridden for the steps that remain. */
export const OVERRIDES = [
  {
    name: "retries",
    title: "Retries",
    hint: "How often a step that fails is tried again: 3",
    inputmode: "numeric",
  },
  { name: "delay", title: "Delay", hint: "Before the first step: 30s, 5m, 1d10h30m, or seconds" },
  {
    name: "retryDelay",
    title: "Retry delay",
    hint: "Milliseconds, as an expression: (1 + retried) * 1000",
  },
  {
    name: "label",
    title: "Labels",
    hint: "Letters, digits, _ . and -; several with a space between",
  },
  { name: "flowKey", title: "Flow-control key", hint: "Steps of the same key share the limits" },
  {
    name: "flowRate",
    title: "Flow-control rate",
    hint: "Steps begun in a period: 10",
    inputmode: "numeric",
  },
  { name: "flowPeriod", title: "Flow-control period", hint: "1s unless you say: 1m" },
  {
    name: "flowParallelism",
    title: "Flow-control parallelism",
    hint: "Steps at once: 5",
    inputmode: "numeric",
  },
  {
    name: "failureCallback",
    title: "Failure callback",
    hint: "Called if the run fails again: https://…",
  },
];

/** How the job goes about it. */
export const DRIVE = [
  {
    name: "strategy",
    title: "Strategy",
    hint: "Each is slower, and says which entry became which run",
    choices: [
      ["", "The quickest"],
      ["pages", "Pages: by the service's cursor"],
      ["batches", "Batches: by ids"],
      ["each", "Each: one entry a request"],
    ],
  },
  {
    name: "concurrency",
    title: "Requests at once",
    hint: "Up to 6; fewer when the service says so",
    inputmode: "numeric",
  },
  {
    name: "maxRunsPerSecond",
    title: "Runs a second, at most",
    hint: "How fast they begin",
    inputmode: "numeric",
  },
  { name: "limit", title: "Limit", hint: "Entries in all, at most", inputmode: "numeric" },
  {
    name: "canaryEntries",
    title: "Canary: entries first",
    hint: "So many, then a look at how they fare",
    inputmode: "numeric",
    only: hasRuns,
  },
  {
    name: "canaryWait",
    title: "Canary: wait, in seconds",
    hint: "At most, for its runs to finish; 2400 (40 minutes) unless you say",
    inputmode: "numeric",
    only: hasRuns,
  },
  {
    name: "canaryFailed",
    title: "Canary: may fail again",
    hint: "0 unless you say; with more, the job stops",
    inputmode: "numeric",
    only: hasRuns,
  },
];

export function Field({ name, title, hint, value, set, issue, choices, required, inputmode }) {
  const described = [hint && `${name}-hint`, issue && `${name}-issue`].filter(Boolean).join(" ");
  const attributes = {
    id: `field-${name}`,
    value,
    required,
    "aria-invalid": issue ? "true" : undefined,
    "aria-describedby": described || undefined,
  };
  const change = ({ target }) => set(target.value);
  return (
    <div class={issue ? "field wrong" : "field"}>
      <label for={`field-${name}`}>{title}</label>
      {choices ? (
        <select {...attributes} onChange={change}>
          {choices.map(([key, text]) => (
            <option key={key} value={key}>
              {text}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...attributes}
          type="text"
          inputmode={inputmode}
          spellcheck={false}
          onInput={change}
        />
      )}
      {hint ? (
        <p class="hint" id={`${name}-hint`}>
          {hint}
        </p>
      ) : undefined}
      {issue ? (
        <p class="issue" id={`${name}-issue`} role="alert">
          {issue}
        </p>
      ) : undefined}
    </div>
  );
}
