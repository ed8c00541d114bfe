/work/w/engine2/tests/fuzz/target/debug/deps/checkpoints-7b637ed84dca126b.d: bin/checkpoints.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libcheckpoints-7b637ed84dca126b.rmeta: bin/checkpoints.rs

bin/checkpoints.rs:
