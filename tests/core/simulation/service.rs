//! A simulated service that keeps its own books. It is written from the facts, knows nothing of the
//! engine, and can be as awkward as the facts allow.

use crate::fates::{self, Ending, Fate, Fates, Switches};
use crate::json::{HeaderMap, InMemory};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::Payload;

/// What happens to a request on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    None,
    /// The connection breaks before the service sees the request.
    LostBefore,
    /// No connection came about: nothing was sent.
    NotSent,
    /// The service does it, and the response is lost.
    LostAfter,
    TimedOutAfter,
    /// The client has given up, and the service does it so much later.
    Late(i64),
    /// 429 that names the burst limit and its reset.
    Limited,
    /// 429 that names nothing.
    LimitedPlain,
    /// 429 with so many seconds to wait.
    LimitedFor(u32),
    ErrorBefore,
    ErrorAfter,
    HtmlAfter,
    CutOff,
}

impl Fault {
    /// Whether the client learns what became of it.
    pub fn is_told(self) -> bool {
        matches!(
            self,
            Fault::None
                | Fault::Limited
                | Fault::LimitedPlain
                | Fault::LimitedFor(_)
                | Fault::NotSent
        )
    }

    /// Whether the service does what it is asked for, while the client waits.
    pub fn is_done(self) -> bool {
        !matches!(
            self,
            Fault::LostBefore
                | Fault::Limited
                | Fault::LimitedPlain
                | Fault::LimitedFor(_)
                | Fault::ErrorBefore
                | Fault::NotSent
                | Fault::Late(_)
        )
    }
}

/// What a 404 for one of several ids means for the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Missing {
    Atomic,
    Rest,
    StopAtFirst,
}

/// What the service does with an entry that can't be resumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unresumable {
    BadRequest,
    NotFound,
    Skipped,
}

/// What the service does with ids beyond its cap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Beyond {
    LeftOut,
    /// Left out, with a cursor.
    Cursor,
    BadRequest,
}

#[derive(Clone, Debug)]
pub struct Semantics {
    pub missing: Missing,
    pub unresumable: Unresumable,
    pub cursor_by_position: bool,
    pub end_cursor: u8,
    /// A last page that is full has a cursor, which leads to an empty one.
    pub trailing_page: bool,
    pub newest_first: bool,
    /// `fromDate` and `toDate` mean the run's date, not that of the failure.
    pub by_run: bool,
    pub cap: usize,
    pub beyond: Beyond,
    pub shuffled: bool,
    pub has_date: bool,
    /// Milliseconds that the service's `Date` is ahead of its entries' dates.
    pub date_skew: i64,
    /// A deletion of ids says how many there were.
    pub says_deleted: bool,
    /// Of a thousand resumed runs, so many fail again.
    pub fail_again: u32,
    /// Of a thousand responses, so many are an empty page with a cursor.
    pub empty_pages: u32,
    /// A resume with a cursor is refused.
    pub refuses_cursors: bool,
    /// A cursor is good for as long as the process that got it.
    pub expiring_cursors: bool,
    /// The end is a circle of so many cursors, each of which leads to an empty page.
    pub circle: usize,
    /// What the logs of runs are like.
    pub logs: Switches,
    /// Runs take their time; otherwise those that fail again have done so at once.
    pub slow: bool,
    /// Of a thousand runs, so many are never in the logs.
    pub hidden: u32,
    /// Milliseconds for which lists show an entry that was taken.
    pub listed_after: i64,
    /// Lists say when a run was created.
    pub dated: bool,
}

#[derive(Clone, Debug)]
pub struct Entry {
    pub date: i64,
    pub run_created: i64,
    pub resumable: bool,
    /// The run that failed.
    pub run: u32,
    /// What its failed step was answered with.
    pub status: u32,
}

pub type Id = (i64, u32);

/// What arrives at the client.
pub enum Arrival {
    Response { status: u16, headers: HeaderMap, payload: Payload<InMemory> },
    Lost(Loss),
}

pub struct Service {
    pub semantics: Semantics,
    pub entries: BTreeMap<Id, Entry>,
    /// How often each entry was taken.
    pub taken: HashMap<Id, u32>,
    /// New runs, and what becomes of them.
    pub fates: Fates,
    /// Entries of runs that will fail again.
    upcoming: Vec<(Id, Entry)>,
    /// Runs that fail again, or will.
    pub failed_again: u32,
    pub not_found_responses: u32,
    /// Cursors that were refused for their age, and pages of a circle.
    pub expired: u32,
    pub circled: u32,
    /// Processes so far: the age of a cursor.
    pub processes: u32,
    /// When how many entries were asked for, by what acts.
    pub asked: Vec<(i64, u64)>,
    /// What was taken and is listed all the same, and until when.
    ghosts: BTreeMap<Id, (Entry, i64)>,
    pub ghosts_listed: u32,
    /// Requests for more ids than the service takes at once.
    pub over_cap: u32,
    /// Look-ups of what is no id of the service.
    pub malformed_looked_up: u32,
    random: Random,
    next: u32,
}

pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        (mixed >> 11) % end.max(1)
    }

    pub fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < u64::from(per_mille)
    }

    pub fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len() as u64) as usize]
    }
}

fn message(id: Id, entry: &Entry) -> serde_json::Value {
    json!({"dlqId": text(id), "workflowRunId": format!("wfr_{}", entry.run),
        "workflowCreatedAt": entry.run_created, "responseStatus": entry.status})
}

pub fn text(id: Id) -> String {
    format!("{}-{}", id.0, id.1)
}

fn parse(text: &str) -> Option<Id> {
    let (ms, number) = text.split_once('-')?;
    Some((ms.parse().ok()?, number.parse().ok()?))
}

struct Query {
    ids: Vec<String>,
    from: i64,
    to: i64,
    count: usize,
    cursor: Option<String>,
}

/// A status and a body.
pub type Reply = (u16, serde_json::Value);

impl Service {
    pub fn new(semantics: Semantics, entries: BTreeMap<Id, Entry>, seed: u64) -> Self {
        Service {
            semantics,
            entries,
            taken: HashMap::new(),
            fates: Fates::new(),
            upcoming: Vec::new(),
            failed_again: 0,
            not_found_responses: 0,
            expired: 0,
            circled: 0,
            processes: 0,
            asked: Vec::new(),
            ghosts: BTreeMap::new(),
            ghosts_listed: 0,
            over_cap: 0,
            malformed_looked_up: 0,
            random: Random(seed),
            next: 0,
        }
    }

    /// What the client is told of a request at `now`, and what it did.
    pub fn serve(&mut self, method: &str, target: &str, fault: Fault, now: i64) -> Arrival {
        let mut headers = HeaderMap::default();
        if self.semantics.has_date {
            headers.0.insert("date".into(), http_date(now + self.semantics.date_skew));
        }
        let (status, body) =
            if fault.is_done() { self.work(method, target, now) } else { (500, json!(null)) };
        match fault {
            Fault::None => respond_with(status, headers, body),
            Fault::NotSent => Arrival::Lost(Loss::NotSent("refused".into())),
            Fault::LostBefore | Fault::LostAfter => Arrival::Lost(Loss::Network("reset".into())),
            Fault::TimedOutAfter | Fault::Late(_) => Arrival::Lost(Loss::Timeout),
            Fault::Limited => {
                headers.0.insert("burst-ratelimit-limit".into(), "5".into());
                headers.0.insert("burst-ratelimit-reset".into(), (now / 1000 + 1).to_string());
                respond_with(429, headers, json!({"error": "rate limited"}))
            }
            Fault::LimitedFor(seconds) => {
                headers.0.insert("retry-after".into(), seconds.to_string());
                respond_with(429, headers, json!({"error": "rate limited"}))
            }
            Fault::LimitedPlain => respond_with(429, headers, json!({"error": "rate limited"})),
            Fault::ErrorBefore => respond_with(500, headers, json!({"error": "internal"})),
            Fault::ErrorAfter => respond_with(503, headers, json!({"error": "unavailable"})),
            Fault::HtmlAfter => Arrival::Response {
                status: 502,
                headers,
                payload: Payload::Text("<html>Bad gateway</html>".into()),
            },
            Fault::CutOff => Arrival::Response {
                status,
                headers,
                payload: Payload::Text("{\"workflowRuns\":[{\"workfl".into()),
            },
        }
    }

    /// Does what a request asks for.
    pub fn work(&mut self, method: &str, target: &str, now: i64) -> Reply {
        self.fail_by(now);
        if let Some(reply) = fates::logs(&self.fates, &self.semantics.logs, target, now) {
            return reply;
        }
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest = path.strip_prefix("/v2/workflows/dlq").expect("an endpoint of the service");
        let mut query = read_query(query);
        if let Err(refusal) = self.unwrap_cursor(&mut query) {
            return refusal;
        }
        let acts = method != "GET";
        if acts {
            let entries = if query.ids.is_empty() { query.count } else { query.ids.len() };
            self.asked.push((now, entries as u64));
        }
        match (method, rest) {
            ("GET", "") => self.list(&query, now),
            ("GET", id) if parse(&id[1..]).is_none() => {
                self.malformed_looked_up += 1;
                (400, json!({"error": "invalid DLQ id"}))
            }
            ("GET", id) => match parse(&id[1..]).filter(|id| self.entries.contains_key(id)) {
                Some(id) => (200, message(id, &self.entries[&id])),
                None => (404, json!({"error": "not found"})),
            },
            ("POST", "/resume" | "/restart") if query.ids.is_empty() => {
                self.resume_page(&query, now)
            }
            ("POST", "/resume" | "/restart") => self.resume_ids(&query.ids, now),
            ("DELETE", "") => self.delete(&query, now),
            other => panic!("unexpected request {other:?}"),
        }
    }

    /// Takes the age off a cursor; one that has grown too old is refused.
    fn unwrap_cursor(&mut self, query: &mut Query) -> Result<(), Reply> {
        let Some(cursor) = query.cursor.as_ref().filter(|_| self.semantics.expiring_cursors) else {
            return Ok(());
        };
        let (age, rest) = cursor.split_once('_').expect("a cursor of this service");
        if age != self.processes.to_string() {
            self.expired += 1;
            return Err((400, json!({"error": "the cursor has expired"})));
        }
        query.cursor = Some(rest.to_owned());
        Ok(())
    }

    /// The next cursor of the circle that is at the end, if there is one.
    fn circle(&mut self, cursor: Option<&str>) -> Option<String> {
        let length = self.semantics.circle;
        let at = cursor.and_then(|cursor| cursor.strip_prefix("circle-"));
        self.circled += u32::from(at.is_some());
        let next = at.map_or(0, |at| at.parse::<usize>().expect("a number") + 1);
        (length > 0).then(|| format!("circle-{}", next % length))
    }

    /// The date that `fromDate` and `toDate` are compared with.
    pub fn date(&self, entry: &Entry) -> i64 {
        if self.semantics.by_run {
            entry.run_created
        } else {
            entry.date
        }
    }

    fn matching(&self, query: &Query) -> Vec<Id> {
        let inside = |entry: &Entry| (query.from..=query.to).contains(&self.date(entry));
        let matching = self.entries.iter().filter(|(_, entry)| inside(entry)).map(|(id, _)| *id);
        if self.semantics.newest_first {
            matching.rev().collect()
        } else {
            matching.collect()
        }
    }

    /// The page from the cursor on, and the cursor after it.
    fn page(&mut self, query: &Query) -> (Vec<Id>, Option<String>) {
        if query.cursor.as_ref().is_some_and(|cursor| cursor.starts_with("circle-")) {
            return (Vec::new(), self.circle(query.cursor.as_deref()));
        }
        let all = self.matching(query);
        let count = query.count.min(self.semantics.cap);
        let newest = self.semantics.newest_first;
        let start = match &query.cursor {
            None => 0,
            Some(cursor) if self.semantics.cursor_by_position => cursor.parse().unwrap_or(0),
            Some(cursor) => {
                let after = parse(cursor).expect("a cursor of this service");
                let behind = |id: &Id| if newest { *id < after } else { *id > after };
                all.iter().position(behind).unwrap_or(all.len())
            }
        };
        if self.random.chance(self.semantics.empty_pages) {
            let start = match (self.semantics.cursor_by_position, newest) {
                (true, _) => "0",
                (false, true) => "9999999999999-0",
                (false, false) => "0-0",
            };
            return (Vec::new(), Some(query.cursor.clone().unwrap_or(start.into())));
        }
        let page: Vec<Id> = all.iter().skip(start).take(count).copied().collect();
        let full = self.semantics.trailing_page && page.len() == count;
        let more = start + page.len() < all.len() || full;
        let cursor = match page.last() {
            Some(_) if more && self.semantics.cursor_by_position => {
                Some((start + page.len()).to_string())
            }
            Some(last) if more => Some(text(*last)),
            _ => self.circle(None),
        };
        (page, cursor)
    }

    fn list(&mut self, query: &Query, now: i64) -> Reply {
        let (page, cursor) = self.page(query);
        let mut messages: Vec<_> =
            page.into_iter().map(|id| message(id, &self.entries[&id])).collect();
        if query.cursor.is_none() {
            let listed = |(_, (entry, until)): &(&Id, &(Entry, i64))| {
                *until > now && (query.from..=query.to).contains(&self.date(entry))
            };
            let space = query.count.min(self.semantics.cap).saturating_sub(messages.len());
            let ghosts = self.ghosts.iter().filter(listed).take(space);
            let ghosts: Vec<_> = ghosts.map(|(id, (entry, _))| message(*id, entry)).collect();
            self.ghosts_listed += ghosts.len() as u32;
            messages.extend(ghosts);
        }
        if !self.semantics.dated {
            let fields = messages.iter_mut().filter_map(|message| message.as_object_mut());
            fields.for_each(|fields| drop(fields.remove("workflowCreatedAt")));
        }
        (200, self.with_cursor(json!({ "messages": messages }), cursor))
    }

    /// The refusal of a request for the sake of one of these.
    fn refusal(&self, ids: &[Id]) -> Option<Reply> {
        let status = match self.semantics.unresumable {
            Unresumable::BadRequest => 400,
            Unresumable::NotFound => 404,
            Unresumable::Skipped => return None,
        };
        let refused = ids.iter().any(|id| !self.entries[id].resumable);
        refused.then(|| (status, json!({"error": "entry cannot be resumed"})))
    }

    /// A position counts what is still there.
    fn moved(&self, cursor: Option<String>, taken: usize) -> Option<String> {
        cursor.map(|cursor| match self.semantics.cursor_by_position {
            true if !cursor.starts_with("circle-") => {
                (cursor.parse::<usize>().unwrap_or(0) - taken).to_string()
            }
            _ => cursor,
        })
    }

    fn resume_page(&mut self, query: &Query, now: i64) -> Reply {
        if self.semantics.refuses_cursors && query.cursor.is_some() {
            return (400, json!({"error": "invalid cursor"}));
        }
        let (page, cursor) = self.page(query);
        if let Some(refusal) = self.refusal(&page) {
            return refusal;
        }
        let mut runs = Vec::new();
        for id in page {
            if self.entries[&id].resumable {
                runs.push(self.take(id, now));
            }
        }
        let cursor = self.moved(cursor, runs.len());
        (200, self.with_cursor(json!({ "workflowRuns": runs }), cursor))
    }

    /// The ids of a request that the service looks at, and its cursor; or its refusal of so many.
    fn within_cap<'a>(
        &mut self,
        ids: &'a [String],
    ) -> Result<(&'a [String], Option<String>), Reply> {
        if ids.iter().any(|id| parse(id).is_none()) {
            return Err((400, json!({"error": "invalid DLQ id"})));
        }
        let over = ids.len() > self.semantics.cap;
        self.over_cap += u32::from(over);
        if over && self.semantics.beyond == Beyond::BadRequest {
            return Err((400, json!({"error": "too many ids"})));
        }
        let some = &ids[..ids.len().min(self.semantics.cap)];
        let cursor = over && self.semantics.beyond == Beyond::Cursor;
        Ok((some, cursor.then(|| "1-1".into())))
    }

    fn resume_ids(&mut self, ids: &[String], now: i64) -> Reply {
        let (ids, cursor) = match self.within_cap(ids) {
            Ok(found) => found,
            Err(refusal) => return refusal,
        };
        let ids: Vec<Option<Id>> =
            ids.iter().map(|id| parse(id).filter(|id| self.entries.contains_key(id))).collect();
        let there: Vec<Id> = ids.iter().flatten().copied().collect();
        if let Some(refusal) = self.refusal(&there) {
            return refusal;
        }
        let missing = ids.iter().any(Option::is_none);
        if missing && self.semantics.missing == Missing::Atomic {
            self.not_found_responses += 1;
            return (404, json!({"error": "some DLQ messages were not found"}));
        }
        let mut runs = Vec::new();
        for id in ids {
            match id {
                Some(id) if self.entries[&id].resumable => runs.push(self.take(id, now)),
                Some(_) => {}
                None if self.semantics.missing == Missing::StopAtFirst => break,
                None => {}
            }
        }
        if missing {
            self.not_found_responses += 1;
            return (404, json!({"error": "some DLQ messages were not found"}));
        }
        if self.semantics.shuffled {
            runs.reverse();
        }
        (200, self.with_cursor(json!({ "workflowRuns": runs }), cursor))
    }

    /// Passes over what is not there.
    fn delete(&mut self, query: &Query, now: i64) -> Reply {
        let (ids, cursor): (Vec<Id>, _) = if query.ids.is_empty() {
            if self.semantics.refuses_cursors && query.cursor.is_some() {
                return (400, json!({"error": "invalid cursor"}));
            }
            self.page(query)
        } else {
            match self.within_cap(&query.ids) {
                Ok((ids, cursor)) => (ids.iter().filter_map(|id| parse(id)).collect(), cursor),
                Err(refusal) => return refusal,
            }
        };
        let silent = !self.semantics.says_deleted && !query.ids.is_empty();
        if silent && ids.len() == 1 && !self.entries.contains_key(&ids[0]) {
            return (404, json!({"error": "not found"}));
        }
        let mut deleted = 0;
        for id in ids {
            if let Some(entry) = self.entries.remove(&id) {
                self.haunt(id, entry, now);
                *self.taken.entry(id).or_default() += 1;
                deleted += 1;
            }
        }
        let cursor = if query.ids.is_empty() { self.moved(cursor, deleted) } else { cursor };
        let body = if silent { json!({}) } else { json!({ "deleted": deleted }) };
        (200, self.with_cursor(body, cursor))
    }

    /// Lists show what was taken for some time.
    fn haunt(&mut self, id: Id, entry: Entry, now: i64) {
        if self.semantics.listed_after > 0 {
            self.ghosts.insert(id, (entry, now.saturating_add(self.semantics.listed_after)));
        }
    }

    fn take(&mut self, id: Id, now: i64) -> serde_json::Value {
        let entry = self.entries.remove(&id).expect("an entry that is there");
        let status = entry.status;
        self.haunt(id, entry, now);
        *self.taken.entry(id).or_default() += 1;
        self.next += 1;
        let run = format!("wfr_{}", self.next);
        let fate = self.fate(now);
        if fate.ending == Ending::Failure {
            self.failed_again += 1;
            let date = fate.ends_at;
            let entry = Entry { date, run_created: now, resumable: true, run: self.next, status };
            self.upcoming.push(((date, 1_000_000 + self.next), entry));
            self.fail_by(now);
        }
        self.fates.insert(run.clone(), fate);
        json!({"workflowRunId": run, "workflowCreatedAt": now})
    }

    /// What becomes of a run that begins now.
    fn fate(&mut self, now: i64) -> Fate {
        let fails = self.random.chance(self.semantics.fail_again);
        let takes = match (fails, self.semantics.slow) {
            (true, false) => 0,
            (true, true) => self.random.pick(&[0, 3_000, 200_000, 1_969_000]),
            _ => self.random.pick(&[0, 300, 20_000, 500_000, 50_000_000]),
        };
        let canceled = self.random.chance(30);
        let recovers = self.random.chance(150);
        Fate {
            created: now,
            ends_at: now + takes,
            ending: match fails {
                true => Ending::Failure,
                false if canceled => Ending::Canceled,
                false => Ending::Success,
            },
            fails_at: if fails || recovers { now + takes / 100 } else { i64::MAX },
            recovers_at: if fails { i64::MAX } else { now + takes / 2 },
            hidden: self.random.chance(self.semantics.hidden),
        }
    }

    /// Runs that have failed by now are in the DLQ.
    fn fail_by(&mut self, now: i64) {
        let (due, rest) = self.upcoming.drain(..).partition(|(_, entry)| entry.date <= now);
        self.upcoming = rest;
        self.entries.extend::<Vec<_>>(due);
    }

    fn with_cursor(
        &self,
        mut body: serde_json::Value,
        cursor: Option<String>,
    ) -> serde_json::Value {
        match (cursor, self.semantics.end_cursor) {
            (Some(cursor), _) if self.semantics.expiring_cursors => {
                body["cursor"] = json!(format!("{}_{cursor}", self.processes));
            }
            (Some(cursor), _) => body["cursor"] = json!(cursor),
            (None, 0) => body["cursor"] = json!(""),
            (None, 1) => body["cursor"] = json!(null),
            _ => {}
        }
        body
    }
}

fn read_query(query: &str) -> Query {
    let mut read =
        Query { ids: Vec::new(), from: i64::MIN, to: i64::MAX, count: usize::MAX, cursor: None };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').expect("name=value");
        match name {
            "dlqIds" => read.ids.push(value.into()),
            "fromDate" => read.from = value.parse().expect("milliseconds"),
            "toDate" => read.to = value.parse().expect("milliseconds"),
            "count" => read.count = value.parse().expect("a count"),
            "cursor" => read.cursor = Some(value.into()),
            other => panic!("unexpected parameter {other}"),
        }
    }
    read
}

fn respond_with(status: u16, headers: HeaderMap, body: serde_json::Value) -> Arrival {
    Arrival::Response { status, headers, payload: Payload::Json(InMemory(body)) }
}

/// `Date` as servers write it, cut to the second.
fn http_date(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000);
    let seconds = ms.div_euclid(1000).rem_euclid(86_400);
    // Days to a date, by Howard Hinnant's algorithm.
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let name = &"JanFebMarAprMayJunJulAugSepOctNovDec"[(month as usize - 1) * 3..][..3];
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("Mon, {day:02} {name} {year} {hour:02}:{minute:02}:{second:02} GMT")
}
