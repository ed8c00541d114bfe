// One entry: what failed, and the way to its neighbours.

import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { now } from "./clock.js";
import { Copy } from "./copy.jsx";
import { isId, lean, shownName, workflowName } from "./entry.js";
import { Facts } from "./facts.jsx";
import { gateway, withRoom } from "./gateway.js";
import { Moment } from "./moment.jsx";
import { isTyping } from "./shortcuts.jsx";
import { span } from "./text.js";
import { runOf } from "./timeline.js";
import { entryOf, runsOf } from "./typed.js";
import { useSession } from "./use-session.js";
import { isUtc } from "./zone.js";

/** Keys that move to the entry above and below in the table. */
const MOVES = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1 };

/**
 * @param {object} props
 * @param {object} [props.known] the entry as the table has it
 * @param {(string | undefined)[]} props.neighbours ids of the entries above and below
 */
export function Detail({ id, known, neighbours, open, begin }) {
  const [entry, setEntry] = useState();
  const [problem, setProblem] = useState();
  const [log, setLog] = useState();
  const panel = useRef();
  const close = () => open();
  const move = (by) => {
    const next = neighbours[by < 0 ? 0 : 1];
    if (next) open(next);
  };
  const moveTo = useRef();
  moveTo.current = move;
  // Before the page is painted: a key that is pressed while the next entry is drawn moves on from that entry.
  useLayoutEffect(() => {
    panel.current.focus();
    const listen = (event) => {
      const { key, target } = event;
      if (key === "Escape" && !target.closest("dialog")) close();
      // The table moves by these keys itself, and a body that has the focus is scrolled by them.
      const taken = event.defaultPrevented || isTyping(event) || target.closest("pre");
      if (taken || !Object.hasOwn(MOVES, key) || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      moveTo.current(MOVES[key]);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [id]);
  const [round, setRound] = useState(0);
  useSession(() => problem && setRound(round + 1));
  useEffect(() => {
    const stop = new AbortController();
    setProblem(undefined);
    load(id, stop.signal, { setEntry, setLog, setProblem });
    return () => stop.abort();
  }, [id, round]);
  const shown = known ?? (entry && lean(entry));
  const latest = useRef();
  latest.current = begin;
  // Its bodies may have megabytes, and the page around it is drawn again and again.
  const facts = useMemo(
    () => entry && <Facts entry={entry} begin={(what) => latest.current(what)} log={log} />,
    [entry, log, isUtc()],
  );
  return (
    <section class="detail" aria-label={`Entry ${id}`} ref={panel} tabIndex={-1}>
      <header>
        <Heading shown={shown} id={id} />
        <div class="moves">
          <button
            type="button"
            aria-label="Previous entry"
            disabled={!neighbours[0]}
            onClick={() => move(-1)}
          >
            ↑
          </button>
          <button
            type="button"
            aria-label="Next entry"
            disabled={!neighbours[1]}
            onClick={() => move(1)}
          >
            ↓
          </button>
          <button type="button" class="plain" onClick={close}>
            Close
          </button>
        </div>
      </header>
      <Id title="DLQ id" id={id} />
      {shown?.run ? <Id title="Run id" id={shown.run} /> : undefined}
      {problem ? (
        <p class="problem" role="alert">
          {problem.code === "not_found"
            ? "It is not in the DLQ: it may have been resumed, restarted or deleted, or have expired."
            : (problem.detail ?? problem.message)}
        </p>
      ) : undefined}
      {facts ?? (problem ? undefined : <p>Loading…</p>)}
    </section>
  );
}

/** Loads the entry, then the log of its run, which is shown when it arrives. */
async function load(id, signal, { setEntry, setLog, setProblem }) {
  try {
    if (!isId(id)) throw new Error("This can't be the id of an entry.");
    const entry = entryOf(await withRoom((dlq) => dlq.get(id, { signal })));
    setEntry(entry);
    setLog(await logOf(entry, signal));
  } catch (error) {
    if (!signal.aborted) setProblem(error);
  }
}

/** `{ run }`; without one where the logs don't have it; `{ error }` where there are no logs to be had. */
async function logOf(entry, signal) {
  try {
    const client = await gateway();
    const { workflowRunId, workflowCreatedAt } = entry;
    const filter = { workflowRunId, ...(workflowCreatedAt && { workflowCreatedAt }) };
    const { runs } = await client.logs({ filter }, { signal });
    return { run: runOf(runsOf(runs), entry) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { error };
  }
}

/** `/legacy · convert · 500 · 8 minutes ago` */
function Heading({ shown, id }) {
  if (!shown) return <h2>{shownName(id)}</h2>;
  const parts = [workflowName(shown.workflow), shownName(shown.step), shown.status].filter(Boolean);
  return (
    <h2>
      {parts.map((part) => (
        <>
          <bdi>{part}</bdi> ·{" "}
        </>
      ))}
      <Moment at={shown.at}>{span(now() - shown.at)} ago</Moment>
    </h2>
  );
}

/** An id, which a link or an app may have made up. */
const Id = ({ title, id }) => (
  <p class="id">
    {title} <code>{shownName(id)}</code>{" "}
    {isId(id) ? <Copy text={id} label={`Copy ${title}`} /> : undefined}
  </p>
);
