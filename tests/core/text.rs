//! Our own searches, splits and numbers, held against std's.

use proptest::prelude::*;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use upstash_workflow_dlq::params::filter::is_ip;
use upstash_workflow_dlq::text::{decimal, find, halves, number, start, until};

#[test]
fn addresses() {
    let good =
        ["::", "::1", "1::", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", "1:2:3:4:5:6:7::", "0.0.0.0"];
    let bad = [
        "",
        ":",
        ":::",
        "1:2:3:4:5:6:7:8:9",
        "1::2::3",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "256.1.1.1",
        "1000.1.1.1",
        "99999999999999999999.1.1.1",
        "+1.2.3.4",
        "1.2.3.-4",
    ];
    let odd = [
        "::1.2.3.4:5",
        "1.2.3.4::",
        "12345::",
        "::1%eth0",
        "[::1]",
        "1:2:3:4:5:6:7:1.2.3.4",
        "1..2.3",
    ];
    for text in good.iter().chain(&bad).chain(&odd) {
        assert_eq!(is_ip(text), text.parse::<IpAddr>().is_ok(), "{text}");
    }
    assert!(good.iter().all(|text| is_ip(text)));
}

#[test]
fn numbers_at_their_ends() {
    for text in ["", "-", "+", "+5", "-0", "00", "1 ", "9223372036854775807", "9223372036854775808"]
    {
        assert_eq!(number(text), text.parse().ok(), "{text}");
    }
    for n in [0, 9, 10, -1, i64::MAX, i64::MIN] {
        assert_eq!(decimal(n), n.to_string());
    }
}

proptest! {
    #[test]
    fn an_address_is_one_to_std_too(
        v4 in any::<u32>(),
        v6 in any::<u128>(),
        mask in any::<u128>(),
        text in "[0-9a-f:.]{0,24}|([0-9a-f]{0,5}:){0,9}[0-9a-f]{0,4}|([0-9]{1,3}\\.){2,4}[0-9]{1,3}",
    ) {
        prop_assert!(is_ip(&Ipv4Addr::from(v4).to_string()));
        // With groups of zeros, which are spelled `::`.
        prop_assert!(is_ip(&Ipv6Addr::from(v6 & mask & (mask << 16)).to_string()));
        prop_assert_eq!(is_ip(&text), text.parse::<IpAddr>().is_ok(), "{}", text);
    }

    #[test]
    fn texts_are_cut_as_by_std(text in "[ab/:é€]{0,12}", part in "[ab/:é]{1,2}", count in 0usize..14) {
        prop_assert_eq!(find(&text, &part), text.find(&part));
        prop_assert_eq!(halves(&text, &part), text.split_once(&part));
        let (before, rest) = until(&text, b"/:");
        prop_assert_eq!(before, text.split(['/', ':']).next().expect("one"));
        prop_assert_eq!(format!("{before}{rest}"), text.clone());
        prop_assert_eq!(start(&text, count), text.chars().take(count).collect::<String>());
    }

    #[test]
    fn numbers_come_back(n in any::<i64>(), text in "[+-]?[0-9a]{0,20}") {
        prop_assert_eq!(decimal(n), n.to_string());
        if n > i64::MIN { prop_assert_eq!(number(&n.to_string()), Some(n)); }
        prop_assert_eq!(number(&text), text.parse().ok());
    }
}
