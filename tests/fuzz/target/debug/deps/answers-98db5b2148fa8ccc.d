/work/w/engine2/tests/fuzz/target/debug/deps/answers-98db5b2148fa8ccc.d: bin/answers.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libanswers-98db5b2148fa8ccc.rmeta: bin/answers.rs

bin/answers.rs:
