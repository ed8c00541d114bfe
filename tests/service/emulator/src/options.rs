//! The command line and the configuration file.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use lexopt::prelude::{Long, Short, Value, ValueExt};
use serde::Deserialize;
use serde_json::json;

use crate::startup::Startup;

/// Text of `--help`.
pub const HELP: &str = "\
A local Upstash Workflow with its dead letter queue, in memory, on loopback.

usage: upstash-workflow-emulator [options]

  --port <n>          port on 127.0.0.1; default 8080, 0 takes a free one
  --token <text>      token that requests need; the signing keys follow from it
  --seed <n>          token, signing keys and ids follow from this number
                      (default: new ones with each start)
  --dev               token and signing keys of Upstash's dev server: apps and
                      SDKs with QSTASH_DEV=true work against it unchanged
  --entries <what>    entries in the queue: a number, or a JSON file with what
                      POST /_emulator/seed takes, or a list of that
  --config <file>     JSON with port, token, seed, dev, config (the switches),
                      entries, runs, faults; options win over it
  --env, --json       how to talk to it, on stdout: lines of a .env file (the
                      default on a terminal), or one line of JSON
  --log, --quiet      requests, deliveries and ends of runs on stderr, or not;
                      default: on a terminal
  --record <folder>   writes each request of the service to a file in there
  --exit-with-stdin   ends when stdin is closed
  --help              this text
";

/// All options.
#[derive(Debug, Default)]
pub struct Options {
    /// On loopback.
    pub port: u16,
    /// Token of the user's own.
    pub token: Option<String>,
    /// Of secrets and ids.
    pub seed: Option<u64>,
    /// Secrets of the dev server.
    pub dev: bool,
    /// Whether stdout gets lines of a `.env` file.
    pub env: bool,
    /// Where requests are recorded.
    pub record: Option<PathBuf>,
    /// Whether the process ends with its stdin.
    pub exit_with_stdin: bool,
    /// What the emulator begins with.
    pub startup: Startup,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct File {
    port: Option<u16>,
    token: Option<String>,
    seed: Option<u64>,
    dev: bool,
    config: Option<serde_json::Value>,
    entries: Option<serde_json::Value>,
    runs: Option<serde_json::Value>,
    faults: Option<serde_json::Value>,
}

/// Reads the arguments; `None`: help is wanted.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let (mut port, mut env, mut log, mut entries, mut file) = (None, None, None, None, None);
    let mut parser = lexopt::Parser::from_args(arguments);
    let wrong = |why: lexopt::Error| why.to_string();
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("port") => port = Some(number("port", &value(&mut parser, "port")?)?),
            Long("token") => options.token = Some(value(&mut parser, "token")?),
            Long("seed") => options.seed = Some(number("seed", &value(&mut parser, "seed")?)?),
            Long("dev") => options.dev = true,
            Long("entries") => entries = Some(value(&mut parser, "entries")?),
            Long("config") => file = Some(PathBuf::from(value(&mut parser, "config")?)),
            Long("env") => env = Some(true),
            Long("json") => env = Some(false),
            Long("log") => log = Some(true),
            Long("quiet") => log = Some(false),
            Long("record") => options.record = Some(value(&mut parser, "record")?.into()),
            Long("exit-with-stdin") => options.exit_with_stdin = true,
            Value(text) => return Err(format!("unknown argument {text:?}")),
            other => return Err(wrong(other.unexpected())),
        }
    }
    if let Some(path) = file {
        let file: File = read_json(&path)?;
        port = port.or(file.port);
        options.seed = options.seed.or(file.seed);
        options.dev |= file.dev;
        options.token = options.token.or(file.token);
        let File { config, entries, runs, faults, .. } = file;
        options.startup = Startup { config, entries, runs, faults, ..Startup::default() };
    }
    if let Some(what) = entries {
        options.startup.entries = Some(match what.parse::<u32>() {
            Ok(count) => json!({ "count": count }),
            Err(_) => read_json(Path::new(&what))?,
        });
    }
    let secrets = [options.token.is_some(), options.seed.is_some(), options.dev]
        .into_iter()
        .filter(|one| *one);
    if secrets.count() > 1 {
        return Err("the token is given by one of --token, --seed and --dev".into());
    }
    if options.token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err("--token: printable ASCII without spaces is needed".into());
    }
    let terminal = std::io::stdout().is_terminal() && !options.exit_with_stdin;
    options.port = port.unwrap_or(8080);
    options.env = env.unwrap_or(terminal);
    options.startup.notes.on = log.unwrap_or(terminal);
    Ok(Some(options))
}

fn value(parser: &mut lexopt::Parser, name: &str) -> Result<String, String> {
    parser.value().and_then(|text| text.string()).map_err(|why| format!("--{name}: {why}"))
}

fn number<T: std::str::FromStr>(name: &str, text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("--{name}: `{text}` is not a {name}"))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|why| wrong(&why))?;
    serde_json::from_str(&text).map_err(|why| wrong(&why))
}
