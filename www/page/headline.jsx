// How many runs have failed, since when, and how much of that is known.

import { expiryOf } from "./expiry.js";
import { UNKNOWN } from "./list.js";
import { Moment } from "./moment.jsx";
import { number, sentence, shortTime, span } from "./text.js";
import { useNow } from "./use-now.js";
import { isMoment } from "./zone.js";

/**
 * @param {object} props
 * @param {{ count: number, more: boolean }} props.news failures that the list does not have
 * @param {number} [props.retentionDays] how long the service keeps entries
 */
export function Headline({ view, list, reload, news, retentionDays }) {
  const now = useNow();
  // A list that has arrived and is not counted yet says nothing of what is shown.
  const shown = view?.list ?? UNKNOWN;
  return (
    <>
      <div class="headline">
        <Total view={view} list={shown} now={now} />
        {news.count > 0 ? (
          <button type="button" class="news" onClick={reload}>
            {number(news.count)}
            {news.more ? "+" : ""} new {news.count > 1 || news.more ? "failures" : "failure"} · Show
          </button>
        ) : undefined}
        <Expiry view={view} days={retentionDays} now={now} />
        <p class="age">
          {ageOf(shown, list.loading, now)}{" "}
          <button
            type="button"
            class="plain"
            onClick={reload}
            disabled={list.loading !== undefined}
          >
            Reload
          </button>
        </p>
      </div>
      {list.problem ? <Problem list={list} now={now} reload={reload} /> : undefined}
    </>
  );
}

function Total({ view, list, now }) {
  const { complete, entries } = list;
  const total = entries.length;
  if (total === 0) {
    return (
      <p>
        <strong class="total">{complete ? "No failed runs in the queue." : "…"}</strong>
        {complete ? "" : " failed runs"}
      </p>
    );
  }
  const { first, last } = view;
  return (
    <p>
      {complete ? "" : "At least "}
      <strong class="total some">{number(total)}</strong> failed {total === 1 ? "run" : "runs"}
      {isMoment(first) ? (
        <span class="since">
          {" "}
          since <Moment at={first}>{shortTime(first)}</Moment>, the last{" "}
          <Moment at={last}>{span(now - last)} ago</Moment>
        </span>
      ) : undefined}
    </p>
  );
}

function Expiry({ view, days, now }) {
  const expiry = expiryOf(view?.first, days, now);
  return expiry ? <p class={expiry.soon ? "expiry soon" : "expiry"}>{expiry.text}</p> : undefined;
}

function ageOf({ complete, loadedAt }, loading, now) {
  const checked = complete ? `Checked ${span(now - loadedAt)} ago` : "";
  if (!loading) return checked;
  const arrived = loading.count > 0 ? ` ${number(loading.count)}` : "";
  return `${complete ? `${checked}. Loading again…` : "Loading…"}${arrived}`;
}

/** Why the list is not what it should be, since when, and when it is tried again. */
function Problem({ list, now, reload }) {
  const { error, since, retryAt } = list.problem;
  const stale = list.complete
    ? `What you see is ${span(now - list.loadedAt)} old.`
    : list.entries.length > 0
      ? "What you see is a part of the list."
      : "Nothing is known of the queue yet.";
  const again = list.loading ? "Trying now…" : `Next try in ${span(Math.max(0, retryAt - now))}.`;
  return (
    <p class="problem" role="alert">
      The list can't be loaded since {shortTime(since)}: {sentence(error.detail ?? error.message)}{" "}
      {stale} <span aria-live="off">{again}</span>{" "}
      <button type="button" onClick={reload} disabled={list.loading !== undefined}>
        Try now
      </button>
    </p>
  );
}
