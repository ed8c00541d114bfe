//! Dependencies between the modules of the core: they run one way, between its folders and within `wire/`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The folders and files of `src/`, each with what it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("acts", &[]),
    ("decimal", &[]),
    ("id", &[]),
    ("time", &[]),
    ("value", &[]),
    ("params", &["acts", "decimal", "id", "time", "value"]),
    ("wire", &["acts", "decimal", "id", "time", "value", "params"]),
    ("engine", &["acts", "decimal", "id", "time", "value", "params", "wire"]),
    ("js", &["acts", "decimal", "id", "time", "value", "params", "wire", "engine"]),
];

/// The code of every file under `path`, without comments.
fn code(path: &Path) -> String {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("a folder");
        return entries.map(|entry| code(&entry.expect("an entry").path())).collect();
    }
    let text = fs::read_to_string(path).expect("a source file");
    text.lines().filter(|line| !line.trim_start().starts_with("//")).fold(
        String::new(),
        |mut code, line| {
            code.push_str(line);
            code.push('\n');
            code
        },
    )
}

/// The names that follow `prefix` in `code`: `super::body`, and each of `super::{body, entry}`.
fn names_after<'c>(code: &'c str, prefix: &str) -> BTreeSet<&'c str> {
    let word = |text: &'c str| text.split(|c: char| !c.is_alphanumeric() && c != '_').next();
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices(prefix) {
        let rest = &code[at + prefix.len()..];
        match rest.strip_prefix('{') {
            Some(list) => {
                let list = &list[..list.find('}').expect("the end of a list")];
                names.extend(list.split(',').filter_map(|item| word(item.trim())));
            }
            None => names.extend(word(rest)),
        }
    }
    names
}

fn source(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(name)
}

#[test]
fn a_layer_uses_only_those_below_it() {
    for (layer, below) in LAYERS {
        let folder = source(layer);
        let path = if folder.is_dir() { folder } else { source(&format!("{layer}.rs")) };
        for used in names_after(&code(&path), "crate::") {
            assert!(used == *layer || below.contains(&used), "{layer} uses crate::{used}");
        }
    }
}

#[test]
fn the_modules_of_wire_have_no_circle() {
    let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in fs::read_dir(source("wire")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if name != "mod" {
            let code = code(&path);
            let names = names_after(&code, "super::").into_iter();
            let names: BTreeSet<String> =
                names.chain(names_after(&code, "crate::wire::")).map(String::from).collect();
            uses.insert(name, names);
        }
    }
    let modules: BTreeSet<String> = uses.keys().cloned().collect();
    for (module, names) in &uses {
        // A name that `mod.rs` exports again would hide which module is meant.
        assert!(names.is_subset(&modules), "wire/{module}.rs uses {names:?}");
    }
    // Whatever uses nothing that is left can't be part of a circle.
    while let Some(module) = uses
        .iter()
        .find(|(_, names)| names.iter().all(|name| !uses.contains_key(name)))
        .map(|(module, _)| module.clone())
    {
        uses.remove(&module);
    }
    assert!(uses.is_empty(), "these use each other: {uses:?}");
}
