//! Connections, and what happens around the handler of every request: log, authorization, rate limits, faults, latency
//! and headers.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::app::App;
use crate::config::{Config, When};
use crate::control;
use crate::faults::Action;
use crate::http::{Manner, Paced, Request, Response, JSON};
use crate::limits::Verdict;
use crate::log::target;
use crate::pages;
use crate::service;
use crate::values::now_ms;
use crate::values::query::Query;

/// Maximum bytes of a request body: above the service's largest message, with room for seeded entries.
const BODY_MAX: usize = 64 << 20;

/// Accepts connections; never returns.
pub async fn run(app: Arc<App>, listener: TcpListener) -> ! {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(connection(app.clone(), stream))),
            // Such as too many open files, which ends when connections do.
            Err(why) => {
                eprintln!("could not accept a connection: {why}");
                pause(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(app: Arc<App>, stream: TcpStream) {
    // Nagle's algorithm would delay small responses.
    let _ = stream.set_nodelay(true);
    let peer = stream.peer_addr().map_or_else(|_| String::new(), |peer| peer.ip().to_string());
    let in_flight = Arc::new(AtomicUsize::new(0));
    let service = {
        let (app, in_flight) = (app.clone(), in_flight.clone());
        service_fn(move |request| handle(app.clone(), peer.clone(), in_flight.clone(), request))
    };
    let mut serving = hyper::server::conn::http1::Builder::new()
        .auto_date_header(false)
        .serve_connection(TokioIo::new(stream), service);
    loop {
        let cut = app.cut.notified();
        tokio::select! {
            // An error means that the client or a fault has closed the connection.
            _ = &mut serving => return,
            () = cut => {}
        }
        if in_flight.load(Ordering::SeqCst) > 0 {
            // With a linger time of zero, unsent bytes are dropped and the peer gets a reset.
            let _ = serving.into_parts().io.into_inner().set_zero_linger();
            return;
        }
    }
}

/// Counts a request as in flight on its connection until it is dropped.
struct InFlight(Arc<AtomicUsize>);

impl InFlight {
    fn new(count: Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        InFlight(count)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

async fn handle(
    app: Arc<App>,
    peer: String,
    in_flight: Arc<AtomicUsize>,
    request: hyper::Request<Incoming>,
) -> io::Result<hyper::Response<Paced>> {
    let (head, body) = request.into_parts();
    if pages::is_foreign(&head.headers) {
        let why = "refused: a web page of another site sent this; serve the page from localhost";
        return Response::error(403, why).into_hyper().await;
    }
    let is_control = head.uri.path().starts_with("/_emulator/");
    let _in_flight = (!is_control).then(|| InFlight::new(in_flight));
    let too_large = || {
        Response::error(413, format!("the body is larger than {BODY_MAX} bytes: send it in parts"))
            .into_hyper()
    };
    if body.size_hint().lower() > BODY_MAX as u64 {
        return too_large().await;
    }
    let body = match Limited::new(body, BODY_MAX).collect().await {
        Err(why) if why.is::<LengthLimitError>() => return too_large().await,
        body => body.map_err(io::Error::other)?.to_bytes(),
    };
    let raw_query = head.uri.query().unwrap_or_default().to_owned();
    let request = Request {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: Query::parse(&raw_query),
        raw_query,
        headers: head.headers,
        body,
        peer,
    };
    // A task of its own, so that a client that disconnects does not cancel the request half way.
    let handled = tokio::spawn(async move {
        match request.path.strip_prefix("/_emulator/") {
            Some(what) => {
                let response = if request.method == "OPTIONS" {
                    Response::empty(204)
                } else {
                    control::handle(&app, &request, what).await
                };
                let config = app.lock().config.clone();
                with_common_headers(&config, &request, response)
            }
            None => serve(&app, request).await,
        }
    });
    handled.await.map_err(io::Error::other)?.into_hyper().await
}

async fn serve(app: &Arc<App>, request: Request) -> Response {
    let (begun, generation, config) = {
        let mut state = app.lock();
        (state.log.begin(&request), state.generation, state.config.clone())
    };
    let response = with_content_type(&config, guarded(app, &config, &request).await);
    let response = with_common_headers(&config, &request, response);
    let status = match response.manner {
        Manner::Drop | Manner::Hang => 0,
        _ => response.status,
    };
    if let Some(record) = &app.record {
        record.write(&request, status);
    }
    let mut state = app.lock();
    if state.generation == generation {
        state.console.line(|| {
            let ms = begun.elapsed().as_secs_f64() * 1_000.0;
            format!("{:<9} {}  {status}  {ms:.0} ms", request.method, target(&request))
        });
        state.log.end(begun, &request, status);
    }
    response
}

/// Runs what comes before and after the handler: authorization, rate limits, latency and faults.
async fn guarded(app: &Arc<App>, config: &Config, request: &Request) -> Response {
    if request.method == "OPTIONS" && config.cors {
        return Response::empty(204);
    }
    if let Some(redirect) = &config.redirect {
        let to = format!("{}{}?{}", redirect.to, request.path, request.raw_query);
        return Response::empty(redirect.status).with("location", to.trim_end_matches('?'));
    }
    if !authorized(app, request) {
        return Response::error(
            401,
            "unauthorized: the token is missing or wrong; the emulator prints its token at start",
        );
    }
    let mut verdict = Verdict { headers: Vec::new(), refusal: None };
    let (latency, fault, nonce) = {
        let mut state = app.lock();
        if service::is_limited(request) {
            verdict = state.limits.admit(config, now_ms());
            if let Some(refusal) = verdict.refusal {
                return refusal;
            }
        }
        let latency =
            Duration::from_millis(config.latency_ms + state.rng.below(config.jitter_ms + 1));
        (latency, state.faults.strike(request), state.faults.nonce())
    };
    if config.latency_when == When::Before {
        pause(latency).await;
    }
    let mut response = with_fault(app, request, fault, nonce).await;
    if config.latency_when == When::After {
        pause(latency).await;
    }
    response.headers.extend(verdict.headers);
    response
}

/// Runs the handler with the fault that strikes the request, if one does.
async fn with_fault(
    app: &Arc<App>,
    request: &Request,
    fault: Option<(When, Action)>,
    nonce: u64,
) -> Response {
    let Some((when, action)) = fault else {
        return service::work(app, request);
    };
    match (when, &action) {
        (_, Action::WorkLater { ms }) => {
            let (app, request, ms) = (app.clone(), request.clone(), *ms);
            let (generation, response) =
                (app.lock().generation, action.apply(&request, None, nonce));
            tokio::spawn(async move {
                pause(Duration::from_millis(ms)).await;
                if app.lock().generation == generation {
                    service::work(&app, &request);
                }
            });
            response
        }
        (_, Action::ResetAll) => {
            let response = match when {
                When::Before => None,
                When::After => Some(service::work(app, request)),
            };
            app.cut.notify_waiters();
            action.apply(request, response, nonce)
        }
        (When::After, Action::CycleCursor { length }) => {
            let response = service::work(app, request);
            app.lock().faults.cycle(*length, response)
        }
        (When::Before, Action::SlowHeaders { ms }) => {
            pause(Duration::from_millis(*ms)).await;
            service::work(app, request)
        }
        (When::Before, _) => action.apply(request, None, nonce),
        (When::After, _) => {
            let response = service::work(app, request);
            if let Action::SlowHeaders { ms } = action {
                pause(Duration::from_millis(ms)).await;
            }
            action.apply(request, Some(response), nonce)
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

fn authorized(app: &App, request: &Request) -> bool {
    let bearer = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    // A webhook's URL is its secret.
    request.path.starts_with("/v2/workflows/hooks/")
        || bearer.or(request.query.get("qstash_token")) == Some(app.access.token.as_str())
}

/// The response with the configured `Content-Type` of JSON.
fn with_content_type(config: &Config, mut response: Response) -> Response {
    let is_json = |(name, value): &(String, String)| name == "content-type" && value == JSON;
    if config.content_type.as_deref() != Some(JSON) && response.headers.iter().any(is_json) {
        response.headers.retain(|header| !is_json(header));
        if let Some(name) = &config.content_type {
            response = response.with("content-type", name);
        }
    }
    response
}

/// Adds the headers of every response: `Date` and CORS.
fn with_common_headers(config: &Config, request: &Request, mut response: Response) -> Response {
    if config.date_header {
        let now = SystemTime::now();
        let skew = Duration::from_millis(config.date_skew_ms.unsigned_abs());
        let shown =
            if config.date_skew_ms < 0 { now.checked_sub(skew) } else { now.checked_add(skew) };
        response = response.with("date", httpdate::fmt_http_date(shown.unwrap_or(now)));
    }
    if !config.cors {
        return response;
    }
    response = response.with("access-control-allow-origin", "*").with(
        "access-control-expose-headers",
        "Date, Retry-After, Burst-RateLimit-Limit, Burst-RateLimit-Remaining, Burst-RateLimit-Reset, \
         RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, \
         X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
    );
    if request.method == "OPTIONS" {
        // `*` does not cover Authorization.
        let asked = request.header("access-control-request-headers").unwrap_or("*");
        response = response
            .with("access-control-allow-methods", "GET, POST, PUT, DELETE, OPTIONS")
            .with("access-control-allow-headers", asked)
            .with("access-control-max-age", 600);
    }
    response
}
