//! What the documents name exists.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const DOCUMENTS: [&str; 7] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "benches/README.md",
    "bindings/README.md",
    "docs/c-api.md",
    "examples-c/README.md",
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn exists(path: &Path) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists()
}

/// The names in `text` that begin with `prefix`.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !is_name(c));
    words.filter(|w| w.len() > prefix.len() && w.starts_with(prefix)).map(str::to_owned).collect()
}

#[test]
fn links_lead_somewhere() {
    for document in DOCUMENTS {
        let folder = Path::new(document).parent().expect("a file is in a folder");
        let text = read(document);
        for link in text.split("](").skip(1) {
            let target = link.split([')', '#']).next().unwrap_or_default();
            if !target.is_empty() && !target.starts_with("http") {
                assert!(exists(&folder.join(target)), "{document} links to {target}");
            }
        }
    }
}

#[test]
fn paths_that_are_named_exist() {
    let folders =
        ["src/", "tests/", "ci/", "examples-c/", "bindings/", "docs/", "include/", "cmake/"];
    for document in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"] {
        for quoted in read(document).split('`').skip(1).step_by(2) {
            let path = quoted.split(' ').next().unwrap_or_default();
            let is_path = folders.iter().any(|folder| path.starts_with(folder));
            if is_path && !path.contains(['*', 'N']) {
                assert!(exists(Path::new(path)), "{document} names {path}");
            }
        }
    }
}

#[test]
fn functions_and_constants_that_are_named_are_in_the_header() {
    let header = read("include/parla.h");
    let known: BTreeSet<String> =
        names(&header, "parla_").into_iter().chain(names(&header, "PARLA_")).collect();
    let mut variables = names(&read("src/runtime/config.rs"), "PARLA_");
    // Families of constants, and what the scripts of ci/ read.
    variables.extend(["PARLA_ERR_", "PARLA_STATE_", "PARLA_DEPS"].map(str::to_owned));
    for document in ["README.md", "ARCHITECTURE.md", "docs/c-api.md", "docs/man/parla.7"] {
        let text = read(document);
        for name in names(&text, "parla_").into_iter().chain(names(&text, "PARLA_")) {
            let is_target = name == "parla_static"; // of CMake
            assert!(
                known.contains(&name) || variables.contains(&name) || is_target,
                "{document} names {name}"
            );
        }
    }
}

#[test]
fn every_setting_is_documented() {
    let page = read("docs/c-api.md");
    let config = read("src/runtime/config.rs");
    let code = config.split("#[cfg(test)]").next().expect("the code");
    let manual = read("docs/man/parla.7");
    let variables = names(code, "PARLA_");
    assert!(variables.len() > 10, "{variables:?}");
    for variable in variables {
        assert!(page.contains(&format!("`{variable}`")), "docs/c-api.md lacks {variable}");
        assert!(manual.contains(&variable), "docs/man/parla.7 lacks {variable}");
    }
    let settings = code.split_once("pub struct Settings {").expect("Settings").1;
    let settings = settings.split_once('}').expect("its end").0;
    for line in settings.lines().filter_map(|line| line.trim().strip_prefix("pub ")) {
        let key = line.split(':').next().expect("a field");
        assert!(page.contains(&format!("| `{key}`")), "docs/c-api.md lacks the key {key}");
    }
}
