// What is known of an entry: what can be done with it, its error, its run, its payload, its settings.

import { Body, Failure } from "./body.jsx";
import { shownName, stateName } from "./entry.js";
import { Latest } from "./more.jsx";
import { time } from "./text.js";
import { Timeline } from "./timeline.jsx";
import { delivered } from "./unfold.js";

/** Characters of a fact that are shown: the layout of a line of megabytes takes seconds. */
const LONGEST_FACT = 10_000;
const shownFact = (value) => shownName(String(value), LONGEST_FACT);

export function Facts({ entry, begin, log }) {
  const { failureCallbackInfo: callback = {}, flowControlKey, parallelism, rate, period } = entry;
  const state = entry.failureFunctionState ?? callback.state;
  const limits = { parallelism, rate, "period (s)": period };
  const flow = Object.entries(limits)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` · ${name} ${value}`);
  const facts = [
    ["Workflow", entry.workflowUrl],
    ["Run began", entry.workflowCreatedAt && time(entry.workflowCreatedAt)],
    ["Message", entry.messageId],
    ["Step's request", `${entry.method ?? ""} ${entry.url ?? ""}`.trim()],
    ["Message made", entry.createdAt && time(entry.createdAt)],
    ["Retries", entry.maxRetries],
    ["Labels", (entry.labels ?? [entry.label]).filter(Boolean).join(", ")],
    ["Caller's IP", entry.callerIP],
    ["Flow control", flowControlKey && `${flowControlKey}${flow.join("")}`],
    ["Failure callback", entry.failureCallback],
    ["Failure function", state && stateName(state)],
  ];
  return (
    <>
      <div class="actions">
        <button type="button" onClick={() => begin("resume")}>
          Resume…
        </button>
        <button type="button" onClick={() => begin("restart")}>
          Restart…
        </button>
        {state === "CALLBACK_FAIL" ? (
          <button type="button" onClick={() => begin("failureFunction")}>
            Re-run failure function…
          </button>
        ) : undefined}
        <button type="button" class="danger" onClick={() => begin("delete")}>
          Delete…
        </button>
      </div>
      <h3>
        Answered with <span class="status">{entry.responseStatus}</span>
      </h3>
      <Failure body={entry.responseBody} base64={entry.responseBodyBase64} />
      <Timeline entry={entry} log={log} />
      <Payload body={entry.body} base64={entry.bodyBase64} />
      <h3>Facts</h3>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== undefined && value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{shownFact(value)}</dd>
            </div>
          ))}
      </dl>
      {callback.responseBody ? (
        <Body
          body={callback.responseBody}
          title={`Failure function's answer, ${callback.responseStatus ?? ""}`}
          heading
        />
      ) : undefined}
      <Headers title="Request headers" headers={entry.header} />
      <Headers title="Answer's headers" headers={entry.responseHeader} />
    </>
  );
}

/** What the run was begun with, and the steps that a resume keeps. */
function Payload({ body, base64 }) {
  const run = base64 ? undefined : delivered(body);
  if (!run) return <Body body={body} base64={base64} title="Payload" heading />;
  return (
    <>
      <Body base64={run.payload} title="Payload" heading />
      {run.steps.length > 0 ? <h3>Finished steps</h3> : undefined}
      <Latest values={run.steps}>
        {(shown, from) =>
          shown.map(({ name, result }, index) => (
            <details key={`${from + index} ${shownName(name)}`}>
              <summary>{shownName(name)}</summary>
              <Body body={result} title={`Result of ${shownName(name)}`} />
            </details>
          ))
        }
      </Latest>
      <details>
        <summary>The delivery as it was sent</summary>
        <Body body={body} title="Delivery" />
      </details>
    </>
  );
}

function Headers({ title, headers }) {
  const all = Object.entries(headers ?? {});
  if (all.length === 0) return undefined;
  return (
    <details>
      <summary>
        {title} ({all.length})
      </summary>
      <Latest values={all}>
        {(shown) => (
          <dl class="facts">
            {shown.map(([name, values]) => (
              <div key={name}>
                <dt>{shownName(name)}</dt>
                <dd>{shownFact(values.join(", "))}</dd>
              </div>
            ))}
          </dl>
        )}
      </Latest>
    </details>
  );
}
