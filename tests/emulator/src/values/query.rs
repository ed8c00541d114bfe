//! A query string, read as `application/x-www-form-urlencoded`.

/// The pairs of a query string, decoded, in order.
#[derive(Debug, Clone, Default)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    /// Reads a raw query string (without the `?`).
    pub fn parse(raw: &str) -> Self {
        let pairs = raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(name, true), decode(value, true))
            })
            .collect();
        Query(pairs)
    }

    /// The first value of `name`, if it is given and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of `name`: repeated keys and comma-separated values alike; empty ones are left out.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// An integer, if `name` is given.
    pub fn integer(&self, name: &str) -> Result<Option<i64>, String> {
        match self.get(name) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(number) => Ok(Some(number)),
                Err(_) => Err(format!("{name}: `{text}` is not an integer")),
            },
        }
    }
}

/// Percent-decodes; `+` is a space only in a query.
pub fn decode(text: &str, plus_is_space: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| (*b as char).to_digit(16));
        match bytes[i] {
            b'+' if plus_is_space => out.push(b' '),
            b'%' => match (hex(i + 1), hex(i + 2)) {
                (Some(high), Some(low)) => {
                    out.push((high * 16 + low) as u8);
                    i += 2;
                }
                _ => out.push(b'%'),
            },
            other => out.push(other),
        }
        i += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// A raw query without the value of `qstash_token`.
pub fn redact(raw: &str) -> String {
    let parts: Vec<&str> = raw
        .split('&')
        .map(|pair| if pair.starts_with("qstash_token=") { "qstash_token=*" } else { pair })
        .collect();
    parts.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_in_order() {
        let query = Query::parse("dlqIds=a&dlqIds=b,c&label=x+y%2Bz&cursor=&flag");
        assert_eq!(query.all("dlqIds"), ["a", "b", "c"]);
        assert_eq!(query.get("label"), Some("x y+z"));
        assert_eq!(query.get("cursor"), None);
        assert_eq!(query.get("flag"), None);
        assert!(query.all("cursor").is_empty());
    }

    #[test]
    fn integers() {
        let query = Query::parse("count=5&fromDate=x");
        assert_eq!(query.integer("count"), Ok(Some(5)));
        assert_eq!(query.integer("toDate"), Ok(None));
        assert!(query.integer("fromDate").is_err());
    }

    #[test]
    fn odd_escapes() {
        assert_eq!(decode("%zz%4", false), "%zz%4");
        assert_eq!(decode("%E2%82%AC+", false), "€+");
    }

    #[test]
    fn token_is_redacted() {
        assert_eq!(redact("a=1&qstash_token=secret&b=2"), "a=1&qstash_token=*&b=2");
    }
}
