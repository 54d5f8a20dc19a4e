//! tests/c/abuse/arguments.c calls every function that `include/parla.h` declares.

use std::collections::BTreeSet;
use std::path::Path;

/// The names before an opening parenthesis that begin with `parla_`, in C without comments.
fn called(source: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    source
        .match_indices('(')
        .filter_map(|(at, _)| source[..at].rsplit(|c| !is_name(c)).next())
        .filter(|name| name.starts_with("parla_"))
        .map(str::to_owned)
        .collect()
}

fn without_comments(source: &str) -> String {
    let mut parts = source.split("/*");
    let code = parts.next().unwrap_or_default().to_owned();
    parts.fold(code, |code, part| code + part.split_once("*/").map_or("", |(_, rest)| rest))
}

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    without_comments(&text)
}

#[test]
fn every_function_of_the_header_is_abused() {
    let declared = called(&read("include/parla.h"));
    assert!(declared.len() > 40, "the header's functions were not found: {declared:?}");
    let abused = called(&read("tests/c/abuse/arguments.c"));
    let missing: Vec<_> = declared.difference(&abused).collect();
    assert!(missing.is_empty(), "tests/c/abuse/arguments.c does not call {missing:?}");
    let unknown: Vec<_> = abused.difference(&declared).collect();
    assert!(unknown.is_empty(), "the header does not declare {unknown:?}");
}
