/work/w/engine2/tests/fuzz/target/debug/deps/drives-0ccc612eb3dacedb.d: bin/drives.rs

/work/w/engine2/tests/fuzz/target/debug/deps/libdrives-0ccc612eb3dacedb.rmeta: bin/drives.rs

bin/drives.rs:
