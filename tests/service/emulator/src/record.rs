//! A file of all requests, for tests that examine the requests of many suites. The log of the control API is bounded,
//! and ends with a reset or the process.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde_json::json;

use crate::http::Request;
use crate::log::{headers_json, target};

/// A file with a line of JSON per request to the service, secrets redacted.
#[derive(Debug)]
pub struct Record(Mutex<File>);

impl Record {
    /// Creates a file in `folder`, and the folder if necessary. An existing file or link of the same name is not
    /// opened: another name is used.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let process = std::process::id();
        let mut names = (0..).map(|n| match n {
            0 => format!("{process}.ndjson"),
            n => format!("{process}-{n}.ndjson"),
        });
        loop {
            let name = names.next().ok_or(io::ErrorKind::AlreadyExists)?;
            match File::options().append(true).create_new(true).open(folder.join(name)) {
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                opened => return Ok(Record(Mutex::new(opened?))),
            }
        }
    }

    /// Appends a request, unbuffered: the process may be killed at any time.
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
            eprintln!("--record: this request is missing in the file: {why}");
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_planted_link_is_not_followed() {
        let process = std::process::id();
        let folder = std::env::temp_dir().join(format!("emulator-record-{process}"));
        fs::create_dir_all(&folder).unwrap();
        let victim = folder.join("victim");
        fs::write(&victim, "precious").unwrap();
        for name in [format!("{process}.ndjson"), format!("{process}-1.ndjson")] {
            std::os::unix::fs::symlink(&victim, folder.join(name)).unwrap();
        }
        Record::create(&folder).unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
        assert!(folder.join(format!("{process}-2.ndjson")).exists());
        fs::remove_dir_all(&folder).unwrap();
    }
}
