// The frame: what is looked at is in the URL.

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { isOver, jobs as loadJobs } from "./api.js";
import { Entries } from "./entries.jsx";
import { isBusy } from "./job-outcome.js";
import { Jobs } from "./jobs.jsx";
import { Shortcuts } from "./shortcuts.jsx";
import { Trail } from "./trail.jsx";
import { useSession } from "./use-session.js";
import { useZone, Zone } from "./zone.jsx";

const VIEWS = { entries: "Failed runs", jobs: "Jobs", trail: "Trail" };
const JOBS_MS = 10_000;

/** The URL's query, and how to go to another. */
function useQuery() {
  const [query, setQuery] = useState(() => new URLSearchParams(location.search));
  useEffect(() => {
    const read = () => setQuery(new URLSearchParams(location.search));
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  const go = useCallback((next, { replace = false } = {}) => {
    const text = next.toString();
    const url = text === "" ? location.pathname : `?${text}`;
    history[replace ? "replaceState" : "pushState"](undefined, "", url);
    setQuery(new URLSearchParams(text));
  }, []);
  return [query, go];
}

export function App({ me, leave }) {
  useZone();
  const [query, go] = useQuery();
  /** Nothing while they are not known. */
  const [jobs, setJobs] = useState();
  const [problem, setProblem] = useState();
  const [ended, setEnded] = useState(0);
  const view = Object.hasOwn(VIEWS, query.get("view")) ? query.get("view") : "entries";
  // Jobs that were begun here or seen at work, whose end is not known yet: it changes the list of entries.
  const awaited = useRef(new Set());
  const refresh = useCallback(async () => {
    const found = await loadJobs().catch(setProblem);
    if (!found) return;
    setProblem(undefined);
    setJobs(found);
    const over = found.filter((job) => isOver(job) && awaited.current.delete(job.id));
    for (const job of found) if (!isOver(job)) awaited.current.add(job.id);
    if (over.length > 0) setEnded((count) => count + 1);
  }, []);
  useEffect(() => {
    refresh();
    const timer = setInterval(refresh, JOBS_MS);
    return () => clearInterval(timer);
  }, [refresh, view]);
  useSession(refresh);
  const [news, setNews] = useState(0);
  useEffect(() => {
    document.title = `${news > 0 ? `(${news}) ` : ""}${VIEWS[view]} · Dead letter queue`;
  }, [view, news]);

  const active = (jobs ?? []).filter(isBusy).length;
  const show = (name, more) => (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go(new URLSearchParams({ ...(name !== "entries" && { view: name }), ...more }));
  };
  const toJob = (job) => go(new URLSearchParams({ view: "jobs", job: job.id }));
  const started = (job) => {
    awaited.current.add(job.id);
    toJob(job);
  };
  return (
    <>
      <header class="top">
        <p class="brand">Dead letter queue</p>
        <nav aria-label="Views">
          {Object.entries(VIEWS).map(([name, title]) => (
            <a
              key={name}
              href={name === "entries" ? "?" : `?view=${name}`}
              aria-current={name === view ? "page" : undefined}
              onClick={show(name)}
            >
              {title}
              {name === "jobs" && active > 0 ? (
                <span class="count">{active} active</span>
              ) : undefined}
            </a>
          ))}
        </nav>
        <p class="who">
          <span title={me.by === "access" ? "By Cloudflare Access" : "By the admin token"}>
            {me.who}
          </span>
          <Zone />
          <Shortcuts />
          {me.by === "token" ? (
            <button type="button" class="plain" onClick={leave}>
              Sign out
            </button>
          ) : undefined}
        </p>
      </header>
      <main>
        <Entries
          query={query}
          go={go}
          shown={view === "entries"}
          started={started}
          ended={ended}
          me={me}
          tellNews={setNews}
        />
        {view === "jobs" ? (
          <Jobs
            jobs={jobs}
            problem={problem}
            chosen={query.get("job")}
            open={(id) => go(new URLSearchParams({ view: "jobs", job: id }))}
            showFailed={() => go(new URLSearchParams({ again: query.get("job") }))}
            over={() => {
              awaited.current.delete(query.get("job"));
              refresh();
              setEnded((count) => count + 1);
            }}
          />
        ) : undefined}
        {view === "trail" ? <Trail toJob={toJob} /> : undefined}
      </main>
    </>
  );
}
