//! A simulated service that keeps its own books. It is written from the facts, knows nothing of the
//! engine, and can be as awkward as the facts allow.

mod fault;
mod semantics;
mod take;

pub use self::fault::Fault;
pub use self::semantics::{Beyond, Missing, Semantics, Unresumable};
use super::random::Random;
use crate::fates::{self, Ending, Fate, Fates};
use crate::json::{HeaderMap, InMemory};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use upstash_workflow_dlq::wire::refusal::Loss;
use upstash_workflow_dlq::wire::response::Payload;

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
    /// Lists that were too large for the client.
    pub too_large: u32,
    random: Random,
    next: u32,
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
            too_large: 0,
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
        if method == "GET" && fault == Fault::None && length(&body) > self.semantics.room {
            self.too_large += 1;
            return Arrival::Lost(Loss::TooLarge);
        }
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

/// Entries or runs in a list.
fn length(body: &serde_json::Value) -> usize {
    let lists = ["messages", "runs"].into_iter().filter_map(|list| body[list].as_array());
    lists.map(Vec::len).sum()
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
