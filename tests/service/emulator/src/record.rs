//! A file of all requests, for tests that look at what many emulators were asked. The log of the control API forgets: at
//! its end, with a reset, with the process.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::http::Request;
use crate::log::{headers_json, target};

/// One line of JSON for each request to the service, secrets redacted.
#[derive(Debug)]
pub struct Record(Mutex<File>);

impl Record {
    /// A file of this process's own in `folder`, which is made if need be.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let name = format!("{}.ndjson", std::process::id());
        let file = File::options().append(true).create(true).open(folder.join(name))?;
        Ok(Record(Mutex::new(file)))
    }

    /// Writes it at once: nothing tells when the process ends.
    pub fn write(&self, request: &Request, status: u16) {
        let mut line = json!({
            "method": request.method,
            "path": target(request),
            "headers": headers_json(&request.headers),
            "bodyBytes": request.body.len(),
            "status": status,
        })
        .to_string();
        line.push('\n');
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = file.write_all(line.as_bytes()) {
            eprintln!("--record: {why}");
        }
    }
}
