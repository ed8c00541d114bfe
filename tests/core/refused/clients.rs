//! Options of clients.

use super::*;

pub fn clients() -> BTreeSet<String> {
    let mut covered = check(
        "options",
        vec![
            (json!({"token": "t"}), &[]),
            (json!({"token": "t", "baseUrl": "http://localhost:8080/v2/publish"}), &[]),
            (json!({"token": "t", "baseUrl": "http://10.0.0.1", "allowInsecure": true}), &[]),
            (json!({"auth": "none", "baseUrl": "/gateway"}), &[]),
            (
                json!({"token": "t", "retry": {"retries": 3, "backoff": "<function>"}, "enableTelemetry": false}),
                &[],
            ),
            (json!({"token": "t", "retry": false, "fetch": "<function>", "timeout": 5}), &[]),
            (json!({}), &["options.token token_missing"]),
            (json!({"token": ""}), &["options.token token_missing"]),
            (json!({"token": "a b"}), &["options.token token_whitespace"]),
            (json!({"token": "a\n"}), &["options.token token_whitespace"]),
            (json!({"token": 5}), &["options.token wrong_type"]),
            (json!({"token": "\u{4f60}"}), &["options.token header_character"]),
            (json!({"token": "t", "auth": "none"}), &["options.token token_not_used"]),
            (json!({"token": "t", "auth": "basic"}), &["options.auth unknown_value"]),
            (json!({"token": "t", "baseUrl": "qstash.upstash.io"}), &["options.baseUrl bad_url"]),
            (json!({"token": "t", "baseUrl": "/gateway"}), &["options.baseUrl base_url_relative"]),
            (json!({"auth": "none", "baseUrl": "/\\evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "/\t/evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "/\n/evil.example"}), &["options.baseUrl bad_url"]),
            (json!({"auth": "none", "baseUrl": "//evil.example"}), &["options.baseUrl bad_url"]),
            (
                json!({"auth": "none", "baseUrl": "/gateway?x=y"}),
                &["options.baseUrl base_url_query"],
            ),
            (
                json!({"token": "t", "baseUrl": "https://u:p@a.b"}),
                &["options.baseUrl base_url_credentials"],
            ),
            (
                json!({"token": "t", "baseUrl": "https://a.b/?x=1"}),
                &["options.baseUrl base_url_query"],
            ),
            (
                json!({"token": "t", "baseUrl": "http://a.b"}),
                &["options.baseUrl base_url_insecure"],
            ),
            (
                json!({"token": "t", "retry": {"attempts": 0}}),
                &["options.retry.attempts out_of_range"],
            ),
            (json!({"token": "t", "retry": true}), &["options.retry wrong_type"]),
            (json!({"token": "t", "maxResponseSize": 1}), &[]),
            (
                json!({"token": "t", "maxResponseSize": 0}),
                &["options.maxResponseSize out_of_range"],
            ),
            (json!({"token": "t", "maxResponseSize": 1.5}), &["options.maxResponseSize not_whole"]),
            (
                json!({"token": "t", "maxResponseSize": "64 MiB"}),
                &["options.maxResponseSize wrong_type"],
            ),
            (json!({"token": "t", "tokn": 1}), &["options.tokn unknown_key"]),
            (
                json!({"token": "t", "headers": {"Authorization": "x"}}),
                &["options.headers.Authorization reserved_name"],
            ),
            (json!({"token": "t", "fetch": {}}), &["options.fetch wrong_type"]),
            (json!({"token": "t", "devMode": true}), &[]),
            (json!({"devMode": true}), &[]),
            (json!({"devMode": "true"}), &["options.devMode wrong_type"]),
            (json!({"token": "\"t\""}), &["options.token token_quoted"]),
            (json!({"token": "'t'"}), &["options.token token_quoted"]),
            (json!({"token": "t", "region": "us-east-1"}), &[]),
            (json!({"token": "t", "region": "EU_CENTRAL_1"}), &[]),
            (json!({"token": "t", "region": "us-west-1"}), &["options.region region_unknown"]),
            (json!({"token": "t", "region": ""}), &["options.region empty_string"]),
            (
                json!({"token": "t", "region": "us-east-1", "baseUrl": "https://a.b"}),
                &["options.region region_not_used"],
            ),
            (json!({"token": "t", "retry": {"initialDelay": "1s", "maxDelay": "1m"}}), &[]),
            (
                json!({"token": "t", "retry": {"maxDelay": "2h"}}),
                &["options.retry.maxDelay out_of_range"],
            ),
        ],
        |given| options(given, &json!({})),
    );
    covered.extend(check(
        "environment",
        vec![
            (json!({"QSTASH_TOKEN": "t"}), &[]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_URL": "http://127.0.0.1:8080"}), &[]),
            (json!({"QSTASH_REGION": "us-east-1", "US_EAST_1_QSTASH_URL": "https://a.b", "US_EAST_1_QSTASH_TOKEN": "t"}), &[]),
            (json!({}), &["options.token token_missing"]),
            (json!({"QSTASH_DEV": "true"}), &[]),
            (json!({"QSTASH_DEV": "1", "QSTASH_DEV_PORT": "9000"}), &[]),
            (json!({"QSTASH_DEV": "0", "QSTASH_TOKEN": "t"}), &[]),
            (json!({"QSTASH_DEV": "yes", "QSTASH_TOKEN": "t"}), &["env.QSTASH_DEV unknown_value"]),
            (
                json!({"QSTASH_DEV": "true", "QSTASH_DEV_PORT": "65536"}),
                &["env.QSTASH_DEV_PORT unknown_value"],
            ),
            (json!({"QSTASH_TOKEN": "'t"}), &["env.QSTASH_TOKEN token_quoted"]),
            (json!({"QSTASH_TOKEN": "t\""}), &["env.QSTASH_TOKEN token_quoted"]),
            (json!({"QSTASH_TOKEN": "\"t\""}), &["env.QSTASH_TOKEN token_quoted"]),
            (json!({"QSTASH_TOKEN": "a b"}), &["env.QSTASH_TOKEN token_whitespace"]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_URL": "http://a.b"}), &["env.QSTASH_URL base_url_insecure"]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_REGION": ""}), &[]),
            (json!({"QSTASH_TOKEN": "t", "QSTASH_REGION": "MARS"}), &["env.QSTASH_REGION region_unknown"]),
            (
                json!({"QSTASH_TOKEN": "t", "QSTASH_REGION": "EU_CENTRAL_1"}),
                &["env.EU_CENTRAL_1_QSTASH_URL region_incomplete", "env.EU_CENTRAL_1_QSTASH_TOKEN region_incomplete"],
            ),
        ],
        |env| options(&json!({}), env),
    ));
    covered
}
