//! Headers of rate limits, and the service's clock.

use super::*;

#[test]
fn limits_are_understood_in_every_form() {
    use Scope::*;
    let date = "Mon, 21 Sep 2026 13:33:20 GMT";
    assert_eq!(parse_http_date(date), Some(timestamp(1_789_997_600_000)));
    type Row<'a> = (&'a [(&'a str, &'a str)], Option<Scope>, Option<Timestamp>, Option<u32>);
    let table: &[Row] = &[
        (&[], None, None, None),
        (&[("Burst-RateLimit-Limit", "50")], Some(Burst), None, Some(50)),
        (
            &[("Burst-RateLimit-Limit", "50"), ("Burst-RateLimit-Reset", "1790000001")],
            Some(Burst),
            Some(timestamp(1_790_000_001_000)),
            Some(50),
        ),
        (
            &[("Burst-RateLimit-Reset", "1790000001250")],
            Some(Burst),
            Some(timestamp(1_790_000_001_250)),
            None,
        ),
        (&[("Burst-RateLimit-Reset", "1")], Some(Burst), Some(NOW + 1_000), None),
        (&[("Burst-RateLimit-Reset", "60")], Some(Burst), Some(NOW + 60_000), None),
        (&[("Burst-RateLimit-Reset", "250")], Some(Burst), Some(NOW + 250), None),
        (&[("Burst-RateLimit-Reset", "1789999999")], Some(Burst), None, None),
        // No window is that long: it is our clock that is behind.
        (&[("Burst-RateLimit-Reset", "1790000060500")], Some(Burst), Some(NOW + 60_000), None),
        (&[("Burst-RateLimit-Reset", "1790000060501")], Some(Burst), Some(NOW + 1_000), None),
        (&[("Burst-RateLimit-Reset", "1790003600")], Some(Burst), Some(NOW + 1_000), None),
        (
            &[("RateLimit-Reset", "1790003600")],
            Some(Daily),
            Some(timestamp(1_790_003_600_000)),
            None,
        ),
        (&[("RateLimit-Reset", "3600")], Some(Daily), Some(NOW + 3_600_000), None),
        (&[("RateLimit-Reset", "86400")], Some(Daily), Some(NOW + 86_400_000), None),
        (&[("RateLimit-Reset", "86401")], Some(Daily), Some(NOW + 86_401), None),
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("Burst-RateLimit-Limit", "5"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        // What is left of the day's was not what was spent.
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("RateLimit-Remaining", "1"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Burst),
            Some(NOW + 1_000),
            None,
        ),
        (
            &[
                ("RateLimit-Reset", "3600"),
                ("RateLimit-Remaining", "0"),
                ("Burst-RateLimit-Reset", "1"),
            ],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        (
            &[("RateLimit-Reset", "3600"), ("RateLimit-Remaining", "1")],
            Some(Daily),
            Some(NOW + 3_600_000),
            None,
        ),
        (&[("Retry-After", "7")], None, Some(NOW + 7_000), None),
        (&[("Retry-After", " 7 ")], None, Some(NOW + 7_000), None),
        (&[("Retry-After", "0")], None, None, None),
        (&[("Retry-After", "-5")], None, None, None),
        (&[("Retry-After", "soon")], None, None, None),
        (
            &[("Burst-RateLimit-Reset", "1"), ("Retry-After", "7")],
            Some(Burst),
            Some(NOW + 7_000),
            None,
        ),
        (
            // By the service's own clock, which is an hour and some behind.
            &[("Date", date), ("Retry-After", "Mon, 21 Sep 2026 13:33:30 GMT")],
            None,
            Some(NOW + 9_001),
            None,
        ),
        (
            &[("Date", date), ("RateLimit-Reset", "1789997610")],
            Some(Daily),
            Some(NOW + 9_001),
            None,
        ),
        (&[("Burst-RateLimit-Limit", "0")], None, None, None),
        (&[("Burst-RateLimit-Limit", "many")], None, None, None),
        (&[("Burst-RateLimit-Limit", "99999999")], Some(Burst), None, Some(1_000_000)),
    ];
    for (given, scope, reset_at, limit) in table {
        let read = RateLimit::read(&headers(given), NOW);
        let found = (read.scope, read.reset_at, read.limit);
        assert_eq!(found, (*scope, *reset_at, *limit), "{given:?}");
    }
    let of = |status| {
        refusal(response(Operation::Resume, status, Payload::Empty, &[("Retry-After", "7")])).limit
    };
    assert_eq!(of(503).reset_at, Some(NOW + 7_000));
    assert_eq!(of(500).reset_at, None);
    assert_eq!(refusal(response(Operation::Resume, 429, Payload::Empty, &[])).scope(), None);
    let burst = [("Burst-RateLimit-Limit", "5")];
    let scope = |given: &[(&str, &str)]| {
        refusal(response(Operation::Resume, 429, Payload::Empty, given)).scope()
    };
    assert_eq!(scope(&burst), Some("burst"));
    assert_eq!(scope(&[("RateLimit-Reset", "5")]), Some("daily"));
}

/// `limit`, `remaining` and `reset` are the headers of the allowance that is spent, as they were sent.
#[test]
fn the_headers_of_a_limit_are_handed_on() {
    let burst = [
        ("Burst-RateLimit-Limit", "5"),
        ("Burst-RateLimit-Remaining", "0"),
        ("Burst-RateLimit-Reset", "1"),
    ];
    let daily = [
        ("RateLimit-Limit", "1000"),
        ("RateLimit-Remaining", "0"),
        ("RateLimit-Reset", "1790000000"),
    ];
    let both: Vec<_> = burst.into_iter().chain(daily).collect();
    for (given, expected) in [
        (&burst[..], [Some("5"), Some("0"), Some("1")]),
        (&daily[..], [Some("1000"), Some("0"), Some("1790000000")]),
        (&both[..], [Some("1000"), Some("0"), Some("1790000000")]),
        (&burst[..1], [Some("5"), None, None]),
        (&[("Retry-After", "5")], [None; 3]),
    ] {
        let found = RateLimit::read(&headers(given), NOW).headers;
        let found = [found.limit, found.remaining, found.reset];
        assert_eq!(found.each_ref().map(Option::as_deref), expected, "{given:?}");
    }
}

#[test]
fn the_services_clock_is_read_to_the_second() {
    let date = "Mon, 21 Sep 2026 13:33:20 GMT";
    let second = timestamp(1_789_997_600_000);
    let at = |now| service_now(&headers(&[("Date", date)]), now);
    assert_eq!(at(second + 400), Some(second + 400));
    assert_eq!(at(second - 90_000), Some(second));
    assert_eq!(at(second + 90_000), Some(second + 999));
    assert_eq!(service_now(&headers(&[]), NOW), None);
    for wrong in [
        "",
        "today",
        "Mon, 21 Sep 2026",
        "Mon, 21 Sept 2026 13:33:20 GMT",
        "Mon, 32 Sep 2026 13:33:20 GMT",
        "Mon, 21 epO 2026 13:33:20 GMT",
    ] {
        assert_eq!(parse_http_date(wrong), None, "{wrong}");
    }
    assert_eq!(parse_http_date("Thu, 1 Jan 1970 00:00:01 GMT"), Some(timestamp(1_000)));
    assert_eq!(
        parse_http_date("Sat, 10 Jan 1970 00:00:01 GMT"),
        Some(timestamp(9 * 86_400_000 + 1_000))
    );
    assert_eq!(
        parse_http_date("Thu, 31 Dec 2026 23:59:59 GMT"),
        Some(timestamp(1_798_761_599_000))
    );
}
