//! A local Upstash Workflow with its dead letter queue, in memory, for tests and for developing apps. See `README.md`.

mod access;
mod app;
mod audit;
mod config;
mod console;
mod control;
mod dlq;
mod engine;
mod faults;
mod http;
mod limits;
mod log;
mod logs;
mod options;
mod overrides;
mod pages;
mod record;
mod schedule;
mod seeded;
mod server;
mod service;
mod startup;
mod state;
mod values;

use std::io::{self, Read, Write};
use std::process::ExitCode;

use tokio::net::TcpListener;

use crate::access::Access;
use crate::app::App;
use crate::options::{Options, HELP};
use crate::record::Record;
use crate::values::now_ms;
use crate::values::rng::Rng;

#[tokio::main]
async fn main() -> ExitCode {
    let options = match options::parse(std::env::args_os().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("{why}\n`upstash-workflow-emulator --help` lists the options");
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

async fn run(options: Options) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", options.port))
        .await
        .map_err(|why| io::Error::other(port_error(options.port, &why)))?;
    let url = format!("http://{}", listener.local_addr()?);
    // Without a seed, ids differ from those of earlier processes: an app may have stored some.
    let mut rng = Rng::new(
        options.seed.unwrap_or_else(|| now_ms() as u64 ^ u64::from(std::process::id()) << 44),
    );
    let access = match options.token {
        Some(token) => Access::with_token(url, token),
        None if options.dev => Access::of_dev_server(url),
        None => Access::generated(url, &mut rng),
    };
    let connection = match options.env {
        true => {
            format!("# A local Upstash Workflow, in memory. Ctrl+C stops it.\n{}", access.to_env())
        }
        false => format!("{}\n", access.to_json()),
    };
    let record = options.record.map(|folder| Record::create(&folder)).transpose()?;
    let app = App::new(access, record, options.startup, rng).map_err(io::Error::other)?;
    tokio::spawn(schedule::run(app.clone()));
    if options.exit_with_stdin {
        std::thread::spawn(exit_with_stdin);
    }
    let mut stdout = io::stdout();
    stdout.write_all(connection.as_bytes())?;
    stdout.flush()?;
    server::run(app, listener).await
}

fn port_error(port: u16, why: &io::Error) -> String {
    format!("port {port}: {why}. Is another emulator running? `--port 0` picks a free port")
}

/// Exits when stdin is closed, so that the emulator of a test that was killed exits too.
fn exit_with_stdin() {
    let mut stdin = io::stdin();
    let mut buffer = [0; 256];
    while matches!(stdin.read(&mut buffer), Ok(1..)) {}
    std::process::exit(0);
}
