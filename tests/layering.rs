//! What ARCHITECTURE.md says about where things are, read off the sources.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate. Each uses only itself and those that stand before it.
const LAYERS: [&str; 9] =
    ["sync", "error", "topology", "graph", "mapper", "device", "scheduler", "runtime", "ffi"];

/// Longest source file.
const MOST_LINES: usize = 500;

struct Source {
    /// From the repository's root, with `/`.
    path: String,
    /// The code, comments left out, line by line.
    lines: Vec<String>,
    all_lines: usize,
}

impl Source {
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || self.path.contains("/tests/")
            || self.path.contains("/loom_models")
    }

    /// The layer it belongs to; none for `lib.rs`.
    fn layer(&self) -> Option<usize> {
        let inside = self.path.strip_prefix("src/")?;
        let module = inside.split('/').next()?.trim_end_matches(".rs");
        LAYERS.iter().position(|layer| *layer == module)
    }

    /// The lines with `needle`, as `path:line: text`.
    fn uses(&self, needle: &str) -> Vec<String> {
        let numbered = self.lines.iter().enumerate();
        let found = numbered.filter(|(_, line)| line.contains(needle));
        found.map(|(at, line)| format!("{}:{}: {}", self.path, at + 1, line.trim())).collect()
    }
}

fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn without_comment(line: &str) -> String {
    let code = line.trim_start();
    if code.starts_with("//") {
        return String::new();
    }
    code.split(" // ").next().unwrap_or_default().to_owned()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    files_below(&root.join("src"), &mut files);
    files.sort();
    assert!(files.len() > 50, "only {} files in src", files.len());
    files
        .iter()
        .map(|file| {
            let text = fs::read_to_string(file).expect("a source is UTF-8");
            let lines: Vec<String> = text.lines().map(without_comment).collect();
            let path = file.strip_prefix(root).expect("it is below the root");
            let path = path.to_string_lossy().replace('\\', "/");
            Source { path, all_lines: lines.len(), lines }
        })
        .collect()
}

/// The names that follow `prefix` in `text`: of `prefix::{a, b::c}` these are a and b.
fn names_after(text: &str, prefix: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.push(rest.chars().take_while(|c| is_name(*c)).collect());
            continue;
        };
        let mut depth = 1;
        let mut name = String::new();
        let mut is_head = true;
        for c in list.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => {
                    names.push(std::mem::take(&mut name));
                    is_head = true;
                }
                ':' => is_head = false,
                c if is_head && depth == 1 && is_name(c) => name.push(c),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        names.push(name);
    }
    names.retain(|name| !name.is_empty());
    names
}

fn nothing(found: Vec<String>, rule: &str) {
    assert!(found.is_empty(), "{rule}\n{}", found.join("\n"));
}

#[test]
fn modules_stand_in_the_order_of_the_layers() {
    let sources = sources();
    let lib = sources.iter().find(|source| source.path == "src/lib.rs").expect("src/lib.rs");
    let declared = lib.lines.iter().filter_map(|line| line.strip_prefix("pub mod "));
    let declared: Vec<&str> = declared.map(|name| name.trim_end_matches(';')).collect();
    assert_eq!(declared, LAYERS);
}

#[test]
fn every_use_points_downwards() {
    let mut upward = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources() {
        let Some(own) = source.layer() else { continue };
        let text = source.lines.join("\n");
        for name in names_after(&text, "crate::") {
            match LAYERS.iter().position(|layer| *layer == name) {
                Some(used) if used <= own => drop(seen.insert((own, used))),
                Some(_) => upward.push(format!("{} uses {name}", source.path)),
                None => {
                    upward.push(format!("{} uses crate::{name}, which is no layer", source.path))
                }
            }
        }
    }
    nothing(upward, "a layer uses only itself and the layers below it");
    assert!(seen.len() > 15, "the rule has lost its subject: {seen:?}");
}

#[test]
fn exports_are_only_in_ffi() {
    let sources = sources();
    let found = sources.iter().filter(|source| !source.path.starts_with("src/ffi/"));
    nothing(found.flat_map(|s| s.uses("no_mangle")).collect(), "exports belong to src/ffi");
    let exports: usize = sources.iter().map(|source| source.uses("no_mangle").len()).sum();
    assert!(exports > 40, "only {exports} exports");
}

#[test]
fn the_environment_is_read_in_one_file() {
    let found = sources().into_iter().filter(|source| source.path != "src/runtime/config.rs");
    let rule = "environment variables are read in src/runtime/config.rs";
    let reads = ["env::var", "env::set_var", "env::remove_var", "getenv", "setenv"];
    nothing(found.flat_map(|s| reads.map(|read| s.uses(read)).concat()).collect(), rule);
}

#[test]
fn hwloc_and_foreign_declarations_are_in_one_file() {
    // The sanitizers' own interface is declared where they are told of stacks and fences.
    let allowed = ["src/topology/hwloc.rs", "src/sync/tsan.rs", "src/runtime/fiber.rs"];
    let found = sources().into_iter().filter(|source| !allowed.contains(&&*source.path));
    let rule = "hwloc, and declarations of foreign functions, belong to src/topology/hwloc.rs";
    let foreign = ["hwloc2::", "extern \"C\" {"];
    nothing(found.flat_map(|s| foreign.map(|needle| s.uses(needle)).concat()).collect(), rule);
}

#[test]
fn atomics_and_locks_come_from_sync() {
    let mut found = Vec::new();
    for source in sources() {
        if source.path.starts_with("src/sync/") || source.is_test() {
            continue;
        }
        for name in names_after(&source.lines.join("\n"), "std::sync::") {
            let is_lock = ["Mutex", "MutexGuard", "RwLock", "Condvar", "mpsc"].contains(&&*name);
            if is_lock || name == "atomic" {
                found.push(format!("{} uses std::sync::{name}", source.path));
            }
        }
    }
    nothing(found, "atomics and locks come from crate::sync, so that loom can stand in for them");
}

#[test]
fn no_file_is_too_long() {
    let long = sources().into_iter().filter(|source| source.all_lines > MOST_LINES);
    let found = long.map(|source| format!("{} has {} lines", source.path, source.all_lines));
    nothing(found.collect(), "a file is one concept, and at most 500 lines");
}

#[test]
fn names_are_found_in_paths_and_in_lists() {
    let text = "use crate::graph::{self, Slot}; use crate::{error, runtime::{a, b}, sync}; x(crate::sync::y)";
    assert_eq!(names_after(text, "crate::"), ["graph", "error", "runtime", "sync", "sync"]);
}
