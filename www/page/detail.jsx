// One entry: its error and its payload.

import { useEffect, useRef, useState } from "preact/hooks";
import { stateName } from "./entry.js";
import { dlq } from "./load.js";
import { number, readable, time } from "./text.js";
import { delivered, unstacked } from "./unfold.js";

export function Detail({ id, close, begin }) {
  const [entry, setEntry] = useState();
  const [problem, setProblem] = useState();
  const panel = useRef();
  useEffect(() => {
    const stop = new AbortController();
    dlq.get(id, { signal: stop.signal }).then(setEntry, (error) => {
      if (!stop.signal.aborted) setProblem(error);
    });
    panel.current.focus();
    const listen = ({ key, target }) => {
      if (key === "Escape" && !target.closest("dialog")) close();
    };
    addEventListener("keydown", listen);
    return () => {
      stop.abort();
      removeEventListener("keydown", listen);
    };
  }, [id]);
  return (
    <section class="detail" aria-label={`Entry ${id}`} ref={panel} tabIndex={-1}>
      <header>
        <h2>{id}</h2>
        <button type="button" class="plain" onClick={close}>
          Close
        </button>
      </header>
      {problem ? (
        <p class="problem" role="alert">
          {problem.code === "not_found"
            ? "It is not in the DLQ any more: somebody has resumed, restarted or deleted it."
            : (problem.detail ?? problem.message)}
        </p>
      ) : undefined}
      {entry ? <Facts entry={entry} begin={begin} /> : problem ? undefined : <p>Loading…</p>}
    </section>
  );
}

function Facts({ entry, begin }) {
  const { failureCallbackInfo: callback = {}, flowControlKey, parallelism, rate, period } = entry;
  const state = entry.failureFunctionState ?? callback.state;
  const limits = { parallelism, rate, "period (s)": period };
  const flow = Object.entries(limits)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` · ${name} ${value}`);
  const facts = [
    ["Workflow", entry.workflowUrl],
    ["Run", entry.workflowRunId],
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
      <Payload body={entry.body} base64={entry.bodyBase64} />
      <h3>Facts</h3>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== undefined && value !== "")
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
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

const KINDS = {
  empty: "Nothing.",
  redacted: "Redacted; the SHA-256 of what was there:",
  binary: "Not text. Its bytes:",
};

function Failure({ body, base64 }) {
  const { body: error, stack } = unstacked(body);
  return (
    <>
      <Body body={error} base64={base64} title="Error" />
      {stack ? (
        <details>
          <summary>Stack</summary>
          <Body body={stack} title="Stack" />
        </details>
      ) : undefined}
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
      {run.steps.map(({ name, result }, index) => (
        <details key={`${index} ${name}`}>
          <summary>{name}</summary>
          <Body body={result} title={`Result of ${name}`} />
        </details>
      ))}
      <details>
        <summary>The delivery as it was sent</summary>
        <Body body={body} title="Delivery" />
      </details>
    </>
  );
}

/** Rejects where the browser has no clipboard (plain http) or does not allow writing to it. */
const copyText = async (text) => navigator.clipboard.writeText(text);

function Body({ body, base64, title, heading = false }) {
  const { kind, text, cut } = readable(body, base64);
  const [copied, setCopied] = useState();
  const copy = () =>
    copyText(text).then(
      () => setCopied("Copied"),
      () => setCopied("Not copied: select the text instead"),
    );
  return (
    <>
      {heading ? <h3>{title}</h3> : undefined}
      {KINDS[kind] ? <p class="note">{KINDS[kind]}</p> : undefined}
      {text === "" ? undefined : (
        <div class="body">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
          <pre tabIndex={0} role="region" aria-label={title}>
            {text}
          </pre>
          <button type="button" class="plain" onClick={copy}>
            {copied ?? "Copy"}
          </button>
        </div>
      )}
      {cut ? <p class="note">{number(cut)} more are not shown.</p> : undefined}
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
      <dl class="facts">
        {all.map(([name, values]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{[values].flat().join(", ")}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
