#![no_main]

use libfuzzer_sys::fuzz_target;
use upstash_workflow_dlq_fuzz::targets::follows::check;

fuzz_target!(|data: &[u8]| check(data));
