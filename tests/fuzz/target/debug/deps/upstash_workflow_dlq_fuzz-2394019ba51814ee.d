/work/w/engine2/tests/fuzz/target/debug/deps/upstash_workflow_dlq_fuzz-2394019ba51814ee.d: src/lib.rs src/../../core/json.rs src/targets/mod.rs src/targets/answers.rs src/targets/checkpoints.rs src/targets/drives.rs src/targets/make.rs src/targets/parsers.rs src/targets/values.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libupstash_workflow_dlq_fuzz-2394019ba51814ee.rmeta: src/lib.rs src/../../core/json.rs src/targets/mod.rs src/targets/answers.rs src/targets/checkpoints.rs src/targets/drives.rs src/targets/make.rs src/targets/parsers.rs src/targets/values.rs

src/lib.rs:
src/../../core/json.rs:
src/targets/mod.rs:
src/targets/answers.rs:
src/targets/checkpoints.rs:
src/targets/drives.rs:
src/targets/make.rs:
src/targets/parsers.rs:
src/targets/values.rs:
