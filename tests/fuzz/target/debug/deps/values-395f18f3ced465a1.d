/work/w/engine2/tests/fuzz/target/debug/deps/values-395f18f3ced465a1.d: bin/values.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libvalues-395f18f3ced465a1.rmeta: bin/values.rs

bin/values.rs:
