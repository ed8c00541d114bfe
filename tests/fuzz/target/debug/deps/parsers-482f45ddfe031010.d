/work/w/engine2/tests/fuzz/target/debug/deps/parsers-482f45ddfe031010.d: bin/parsers.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libparsers-482f45ddfe031010.rmeta: bin/parsers.rs

bin/parsers.rs:
