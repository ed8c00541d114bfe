//! A query string, in `application/x-www-form-urlencoded`.

/// The decoded pairs of a query string, in order.
#[derive(Debug, Clone, Default)]
pub struct Query(pub Vec<(String, String)>);

impl Query {
    /// Parses a raw query string, without the `?`.
    pub fn parse(raw: &str) -> Self {
        Query(form_urlencoded::parse(raw.as_bytes()).into_owned().collect())
    }

    /// The first value of `name`; `None` if it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, value)| key == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// All values of `name`, repeated or separated by commas. Empty ones are left out.
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// An integer; `None` if `name` is missing.
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

/// Decodes a segment of a path.
pub fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// A raw query without the value of `qstash_token`.
pub fn redact(raw: &str) -> String {
    // The name may be percent-encoded.
    let is_token = |pair: &str| Query::parse(pair).0.iter().any(|(name, _)| name == "qstash_token");
    let parts: Vec<&str> =
        raw.split('&').map(|pair| if is_token(pair) { "qstash_token=*" } else { pair }).collect();
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
        assert_eq!(decode("%zz%4"), "%zz%4");
        assert_eq!(decode("%E2%82%AC+%ff"), "€+\u{fffd}");
        assert_eq!(Query::parse("a=%zz+%4&%C3%A9=%2B").0[0].1, "%zz %4");
        assert_eq!(Query::parse("%C3%A9=%2B").get("é"), Some("+"));
    }

    #[test]
    fn token_is_redacted() {
        for query in ["a=1&qstash_token=secret&b=2", "a=1&qstash%5ftoken=secret&b=2"] {
            assert_eq!(redact(query), "a=1&qstash_token=*&b=2");
        }
    }
}
