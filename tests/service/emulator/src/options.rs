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

  --port <n>          port on 127.0.0.1 (default: 8080); 0 picks a free one
  --dev               use the token and signing keys of Upstash's dev server:
                      apps with QSTASH_DEV=true work against it unchanged
  --token <text>      use this token; the signing keys are derived from it
  --seed <n>          derive token, signing keys and ids from this number
                      (default: random at each start)
  --entries <what>    seed the queue: a number of entries, or a JSON file with
                      the body of POST /_emulator/seed, or a list of such bodies
  --config <file>     JSON with any of port, token, seed, dev, config (the
                      switches), entries, runs, faults; options override it
  --env, --json       print address, token and keys to stdout as a .env file
                      (default on a terminal) or as one line of JSON
  --log, --quiet      log requests, deliveries and finished runs to stderr, or
                      don't (default: log if stderr is a terminal)
  --record <folder>   append each request to a new file in this folder, as JSON
  --exit-with-stdin   exit when stdin is closed
  --help              print this text

README: tests/service/emulator/README.md
";

/// The options, merged with the configuration file.
#[derive(Debug, Default)]
pub struct Options {
    /// Port on loopback; 0 picks a free one.
    pub port: u16,
    /// Token to require, in place of a generated one.
    pub token: Option<String>,
    /// Seed of token, signing keys and ids.
    pub seed: Option<u64>,
    /// Whether token and signing keys are those of Upstash's dev server.
    pub dev: bool,
    /// Whether stdout gets a `.env` file instead of JSON.
    pub env: bool,
    /// Folder for the file of all requests.
    pub record: Option<PathBuf>,
    /// Whether the process exits when its stdin is closed.
    pub exit_with_stdin: bool,
    /// Initial state, which a reset restores.
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

/// Parses the arguments; `None` means `--help`.
///
/// # Errors
/// A sentence that names the option and what it takes.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Option<Options>, String> {
    let mut options = Options::default();
    let (mut port, mut env, mut log, mut entries, mut file) = (None, None, None, None, None);
    let mut parser = lexopt::Parser::from_args(arguments);
    let wrong = |why: lexopt::Error| why.to_string();
    while let Some(argument) = parser.next().map_err(wrong)? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Long("port") => port = Some(number(&mut parser, "port", "a port, 0 to 65535")?),
            Long("token") => options.token = Some(value(&mut parser, "token")?),
            Long("seed") => {
                options.seed = Some(number(&mut parser, "seed", "a whole number from 0")?);
            }
            Long("dev") => options.dev = true,
            Long("entries") => entries = Some(value(&mut parser, "entries")?),
            Long("config") => file = Some(PathBuf::from(value(&mut parser, "config")?)),
            Long("env") => env = Some(true),
            Long("json") => env = Some(false),
            Long("log") => log = Some(true),
            Long("quiet") => log = Some(false),
            Long("record") => options.record = Some(value(&mut parser, "record")?.into()),
            Long("exit-with-stdin") => options.exit_with_stdin = true,
            Value(text) => {
                return Err(format!("unexpected argument {text:?}: options begin with --"));
            }
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
            Err(_) => read_json(Path::new(&what)).map_err(|why| {
                format!("--entries takes a number of entries or a JSON file: {why}")
            })?,
        });
    }
    let secrets = [options.token.is_some(), options.seed.is_some(), options.dev]
        .into_iter()
        .filter(|one| *one);
    if secrets.count() > 1 {
        return Err("--token, --seed and --dev each set the token: use one of them".into());
    }
    if options.token.as_deref().is_some_and(|token| !is_token(token)) {
        return Err("--token takes printable ASCII without spaces".into());
    }
    // A program that reads stdout gets JSON. It may well leave stderr to the terminal, where its user wants no log.
    let is_for_a_person = |is_terminal: bool| is_terminal && !options.exit_with_stdin;
    let env = env.unwrap_or(is_for_a_person(std::io::stdout().is_terminal()));
    let log = log.unwrap_or(is_for_a_person(std::io::stderr().is_terminal()));
    options.port = port.unwrap_or(PORT_DEFAULT);
    options.env = env;
    options.startup.console.on = log;
    Ok(Some(options))
}

fn value(parser: &mut lexopt::Parser, name: &str) -> Result<String, String> {
    parser.value().and_then(|text| text.string()).map_err(|why| format!("--{name}: {why}"))
}

fn number<T: std::str::FromStr>(
    parser: &mut lexopt::Parser,
    name: &str,
    expected: &str,
) -> Result<T, String> {
    let text = value(parser, name)?;
    text.parse().map_err(|_| format!("--{name} takes {expected}, not `{text}`"))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, String> {
    let wrong = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = std::fs::read_to_string(path).map_err(|why| wrong(&why))?;
    serde_json::from_str(&text).map_err(|why| wrong(&why))
}

/// The port of Upstash's own dev server.
const PORT_DEFAULT: u16 = 8080;

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &str) -> Result<Option<Options>, String> {
        parse(arguments.split_whitespace().map(OsString::from))
    }

    #[test]
    fn a_refusal_names_the_option_and_what_it_takes() {
        for (arguments, expected) in [
            ("--port x", "--port takes a port, 0 to 65535, not `x`"),
            ("--port 70000", "--port takes a port, 0 to 65535, not `70000`"),
            ("--seed -1", "--seed takes a whole number from 0, not `-1`"),
            ("--dev --seed 1", "--token, --seed and --dev each set the token: use one of them"),
            ("--token ü", "--token takes printable ASCII without spaces"),
            ("8080", "unexpected argument \"8080\": options begin with --"),
            ("--prot 1", "invalid option '--prot'"),
        ] {
            assert_eq!(parsed(arguments).unwrap_err(), expected, "{arguments}");
        }
        let missing = parsed("--entries 1,000").unwrap_err();
        let expected = "--entries takes a number of entries or a JSON file: 1,000: ";
        assert!(missing.starts_with(expected), "{missing}");
    }

    #[test]
    fn help_names_every_option_that_is_parsed() {
        for name in [
            "port",
            "token",
            "seed",
            "dev",
            "entries",
            "config",
            "env",
            "json",
            "log",
            "quiet",
            "record",
            "exit-with-stdin",
            "help",
        ] {
            assert!(HELP.contains(&format!("--{name}")), "--help lacks --{name}");
        }
    }
}
