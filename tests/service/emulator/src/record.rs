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
    /// A new file in `folder`, which is made if need be. A file or a link of that name is left alone.
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
