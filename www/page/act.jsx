// The dialog before anything is done: what it comes to, how, and who wants it for what.

import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { startJob } from "./api.js";
import { issuesOf } from "./check.js";
import { Confirm } from "./confirm.jsx";
import { DRIVE, Field, OVERRIDES } from "./options.jsx";
import { fieldOf, hasRuns, orderOf } from "./order.js";
import { withPace } from "./pace.js";
import { Pace } from "./pace.jsx";
import { Preview } from "./preview.jsx";
import { entries as countOf, number, sentence } from "./text.js";
import { usePreview } from "./use-preview.js";
import { useSession } from "./use-session.js";

const CHECK_MS = 200;
const EXPLAINED = {
  resume:
    "Each continues from the step that failed, as a new run; finished steps are not run again.",
  restart: "Each begins at its first step, as a new run with the same payload.",
  delete: "They are gone for good: nothing can bring them back.",
  failureFunction: "Each failure function that has failed is called again; the entries stay.",
};

/** Fields that are empty until somebody types, besides those of the pace. */
const TYPED = ["name", "reason", "typed", ...OVERRIDES.map(({ name }) => name)];

/** From this many entries on, their number has to be typed, however they were chosen. */
const GUARDED = 100;

export function Act({
  operation,
  selection,
  where,
  count: known,
  entries,
  retentionDays,
  titles,
  close,
  started,
}) {
  const dialog = useRef();
  // One job, however often the button is pressed, and whatever is changed in between: its answer may have been lost.
  const [id, setId] = useState(() => crypto.randomUUID());
  const [form, setForm] = useState(() => (hasRuns(operation) ? withPace({}, "careful") : {}));
  const [issues, setIssues] = useState([]);
  const [problem, setProblem] = useState();
  const [busy, setBusy] = useState(false);
  const { count, ...preview } = usePreview({ selection, where, known, entries, retentionDays });
  const order = orderOf({ operation, selection, where, form });
  const title = titles[operation];

  const [asked, setAsked] = useState(false);
  // By Escape, or by a phone's "back", which is no key.
  const keepForm = (event) => {
    if (event.type === "keydown" && event.key !== "Escape") return;
    if (event.defaultPrevented) return;
    if (!TYPED.some((name) => form[name]?.trim())) return;
    event.preventDefault();
    setAsked(true);
  };

  // Before the page is painted: what is typed after the key that opens it goes into its first field.
  useLayoutEffect(() => {
    dialog.current.showModal();
    // Not the preview, which can be focused since it scrolls.
    dialog.current.querySelector("input").focus();
  }, []);
  useSession(() => setProblem(undefined));
  useEffect(() => {
    let isLatest = true;
    const check = async () => {
      const found = await issuesOf(order, form);
      if (isLatest) setIssues(found);
    };
    const timer = setTimeout(check, CHECK_MS);
    return () => {
      isLatest = false;
      clearTimeout(timer);
    };
  }, [JSON.stringify(form)]);

  // What was counted may differ from what the page shows: until then there is room for the field.
  const typed = operation === "delete" || (count ?? known) >= GUARDED;
  const confirmed = !typed || form.typed?.replace(/[\s,.]/g, "") === String(count);
  const ready = count > 0 && confirmed && form.name?.trim() && issues.length === 0;
  const set = (name) => (value) => setForm((before) => ({ ...before, [name]: value }));
  const field = (name) => ({
    name,
    value: form[name] ?? "",
    set: set(name),
    issue: issues.find((issue) => fieldOf(issue) === name)?.message,
  });
  const others = issues.filter((issue) => !fieldOf(issue));

  const start = async (as) => {
    if (!ready || busy) return;
    setId(as);
    setBusy(true);
    setProblem(undefined);
    try {
      const { name, reason = "" } = form;
      started(await startJob({ id: as, name: name.trim(), reason, confirmed: count, ...order }));
    } catch (refusal) {
      setBusy(false);
      setIssues(refusal.issues);
      setProblem(refusal);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    start(id);
  };
  return (
    <dialog
      ref={dialog}
      class="act"
      aria-labelledby="act-title"
      onKeyDown={keepForm}
      onCancel={keepForm}
      onClose={close}
    >
      <form onSubmit={submit} noValidate autocomplete="off">
        <div class="scrolled">
          <h2 id="act-title">
            {title} {count === undefined ? "…" : countOf(count)}
          </h2>
          <p>{EXPLAINED[operation]}</p>
          <Preview operation={operation} count={count} known={known} {...preview} />
          <div class="fields two">
            <Field {...field("name")} title="Incident" hint="A name to find the job by." required />
            <Field {...field("reason")} title="Reason" hint="For those who read the trail." />
          </div>
          {hasRuns(operation) ? (
            <>
              <Pace form={form} setForm={setForm} count={count ?? known} />
              <Options
                title="Overrides"
                hint="For the steps that remain; empty: as the service decides."
                options={OVERRIDES}
                field={field}
              />
            </>
          ) : undefined}
          {operation === "failureFunction" ? undefined : (
            <Options
              title="How fast, how many"
              options={DRIVE.filter(({ only }) => only?.(operation, selection) ?? true)}
              field={field}
            />
          )}
        </div>
        <div class="buttons">
          {others.length > 0 ? (
            <ul class="problem" role="alert">
              {others.map(({ path, message }) => (
                <li key={path}>{message}</li>
              ))}
            </ul>
          ) : undefined}
          {problem && issues.length === 0 ? (
            <p class="problem" role="alert">
              {problem.code === "conflict" ? (
                <>
                  This form started a job before it was changed.{" "}
                  <button type="button" onClick={() => started({ id })}>
                    Show it
                  </button>{" "}
                  <button
                    type="button"
                    disabled={!ready}
                    onClick={() => start(crypto.randomUUID())}
                  >
                    Start another
                  </button>
                </>
              ) : (
                refusalOf(problem)
              )}
            </p>
          ) : undefined}
          {typed && count !== 0 ? (
            <Field
              {...field("typed")}
              title={`Type ${count ?? "…"} to go ahead`}
              hint={operation === "delete" ? "Deleting can't be undone." : "It is that many."}
              inputmode="numeric"
            />
          ) : undefined}
          <button type="button" onClick={() => dialog.current.close()}>
            Cancel
          </button>
          <button
            type="submit"
            class={operation === "delete" ? "danger solid" : "primary"}
            disabled={!ready}
            aria-disabled={busy}
          >
            {busy ? "Starting…" : `${title} ${count === undefined ? "" : number(count)}`}
          </button>
        </div>
      </form>
      {asked ? (
        <Confirm
          title="Discard what you entered?"
          yes="Discard"
          no="Keep editing"
          confirm={() => dialog.current.close()}
          close={() => setAsked(false)}
        >
          No job is started or stopped.
        </Confirm>
      ) : undefined}
    </dialog>
  );
}

/** Why a job was not started, as far as that is known. */
const refusalOf = ({ status, message }) =>
  // What has no response, or one of something in between, may have arrived.
  status > 0 && status < 500
    ? message
    : `${sentence(message)} The job may have begun nevertheless: started again, it is the same one.`;

function Options({ title, hint, options, field }) {
  const used = options.some(({ name }) => field(name).issue);
  return (
    <details open={used || undefined}>
      <summary>{title}</summary>
      {hint ? <p class="note">{hint}</p> : undefined}
      <div class="fields two">
        {options.map((option) => (
          <Field key={option.name} {...option} {...field(option.name)} />
        ))}
      </div>
    </details>
  );
}
