//! A local Upstash Workflow with its dead letter queue, in memory, for tests. See `README.md`.

mod app;
mod audit;
mod config;
mod control;
mod dlq;
mod engine;
mod faults;
mod http;
mod limits;
mod log;
mod logs;
mod overrides;
mod record;
mod schedule;
mod seeded;
mod server;
mod service;
mod values;

use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use base64::prelude::{Engine, BASE64_STANDARD};
use serde_json::json;
use tokio::net::TcpListener;

use crate::app::{Access, App};
use crate::record::Record;
use crate::values::now_ms;
use crate::values::rng::Rng;

const USAGE: &str =
    "usage: upstash-workflow-emulator [--port <n>] [--exit-with-stdin] [--record <folder>]";

struct Options {
    port: u16,
    exit_with_stdin: bool,
    record: Option<PathBuf>,
}

fn options(arguments: impl IntoIterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { port: 8080, exit_with_stdin: false, record: None };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--exit-with-stdin" => options.exit_with_stdin = true,
            "--port" => {
                let port = arguments.next().unwrap_or_default();
                options.port =
                    port.parse().map_err(|_| format!("--port: `{port}` is not a port"))?;
            }
            "--record" => {
                options.record = Some(arguments.next().ok_or("--record: no folder")?.into());
            }
            other => return Err(format!("unknown option `{other}`")),
        }
    }
    Ok(options)
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(why) => {
            eprintln!("{why}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> std::io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port))
        .await
        .map_err(|why| std::io::Error::other(taken(options.port, &why)))?;
    let access = access(format!("http://{}", listener.local_addr()?));
    let line = json!({
        "url": access.url,
        "token": access.token,
        "currentSigningKey": access.current_signing_key,
        "nextSigningKey": access.next_signing_key,
    });
    let record = options.record.map(|folder| Record::create(&folder)).transpose()?;
    let app = App::new(access, record);
    tokio::spawn(schedule::run(app.clone()));
    if options.exit_with_stdin {
        std::thread::spawn(exit_with_stdin);
    }
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{line}")?;
    stdout.flush()?;
    server::run(app, listener).await
}

fn taken(port: u16, why: &std::io::Error) -> String {
    format!("port {port}: {why}. Another emulator may have it; --port 0 takes one that is free")
}

/// New secrets for each process, so that no test can know them beforehand.
fn access(url: String) -> Access {
    let mut rng = Rng::new(now_ms() as u64 ^ u64::from(std::process::id()) << 44);
    let login = json!({"UserID": rng.id(""), "Password": rng.id("")});
    Access {
        url,
        token: BASE64_STANDARD.encode(login.to_string()),
        current_signing_key: rng.id("sig_"),
        next_signing_key: rng.id("sig_"),
    }
}

/// A test that dies takes its emulator along.
fn exit_with_stdin() {
    let mut stdin = std::io::stdin();
    let mut buffer = [0; 256];
    while matches!(stdin.read(&mut buffer), Ok(1..)) {}
    std::process::exit(0);
}
