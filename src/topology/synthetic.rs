//! Machines described in a text, such as `numa:2 core:4 pu:1`.
//!
//! The plain form — `numa`, `package`, `core`, `pu`, each with a count — is read here, so
//! it means the same in every build and costs nothing. Whatever is richer goes to hwloc,
//! but only after [`screen`]: hwloc 2.9 answers most mistakes with an error, yet *aborts*
//! on some (`memcache:2 pu:2`), and takes time quadratic in the processors.

use std::collections::BTreeSet;

use super::TopologyError;
use super::assemble::{Machine, RawCore, RawNode};

/// The most processors in a description. Four times the processors of the largest
/// nodes of today; hwloc needs two seconds for so many.
pub(super) const MAX_PUS: u64 = 4096;

/// Memory of a described node that gives no size: what hwloc assumes too.
const NODE_BYTES: u64 = 1 << 30;

/// A text taken apart: one level of the tree per entry, outermost first.
struct Level<'a> {
    /// The name as written, lower case.
    name: String,
    /// How many in each object of the level above; 1 for memory in brackets.
    count: u64,
    /// What stands in parentheses, without them.
    attributes: Option<&'a str>,
    /// In brackets: memory attached to the level before it.
    attached: bool,
}

/// The machine that `text` describes.
pub(super) fn describe(text: &str) -> Result<Machine, TopologyError> {
    let bad = |why: String| TopologyError::BadDescription { text: text.to_owned(), why };
    let levels = screen(text).map_err(bad)?;
    if let Some(counts) = plain_counts(&levels) {
        return Ok(build(&counts));
    }
    let machine = rich(text).map_err(bad)?;
    check_numbers(&machine, &levels).map_err(bad)?;
    Ok(machine)
}

/// Refuses numbers given twice by `indexes=`; hwloc merges such objects or keeps both.
fn check_numbers(machine: &Machine, levels: &[Level<'_>]) -> Result<(), String> {
    let pus: BTreeSet<u32> = machine.nodes.iter().flat_map(|node| &node.pus).copied().collect();
    let nodes: BTreeSet<u32> = machine.nodes.iter().map(|node| node.os_index).collect();
    let named: u64 = levels.iter().map(|level| level.count).product();
    if pus.len() as u64 != named || nodes.len() != machine.nodes.len() {
        return Err("two of its nodes or processors have the same number".to_owned());
    }
    Ok(())
}

#[cfg(feature = "hwloc")]
fn rich(text: &str) -> Result<Machine, String> {
    super::hwloc::read_description(text)
}

#[cfg(not(feature = "hwloc"))]
fn rich(_text: &str) -> Result<Machine, String> {
    Err("without hwloc, only numa, package, core and pu, in this order".to_owned())
}

/// Checks the grammar, the names and the size, and takes the text apart.
fn screen(text: &str) -> Result<Vec<Level<'_>>, String> {
    let mut levels = Vec::new();
    let mut pus: u64 = 1;
    for token in tokens(text)? {
        let level = level(token)?;
        pus = pus
            .checked_mul(level.count)
            .filter(|&pus| pus <= MAX_PUS)
            .ok_or_else(|| format!("more than {MAX_PUS} processors"))?;
        levels.push(level);
    }
    match levels.last() {
        None => Err("it is empty; write for example \"numa:2 core:4 pu:1\"".to_owned()),
        Some(last) if last.name != "pu" => Err("the last level must be pu".to_owned()),
        Some(_) => Ok(levels),
    }
}

/// Splits at white space outside parentheses and brackets.
fn tokens(text: &str) -> Result<Vec<&str>, String> {
    let mut tokens = Vec::new();
    let (mut start, mut depth) = (None, 0usize);
    for (at, character) in text.char_indices() {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1).ok_or("a bracket closes that none opened")?,
            _ => {}
        }
        if depth == 0 && character.is_ascii_whitespace() {
            tokens.extend(start.take().map(|start| &text[start..at]));
        } else {
            start.get_or_insert(at);
        }
    }
    if depth != 0 {
        return Err("a bracket is not closed".to_owned());
    }
    tokens.extend(start.map(|start| &text[start..]));
    Ok(tokens)
}

/// Reads `name:count`, `name:count(attributes)` or `[numa(attributes)]`.
fn level(token: &str) -> Result<Level<'_>, String> {
    let attached = token.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inner = attached.unwrap_or(token);
    let (head, attributes) = match inner.split_once('(') {
        None => (inner, None),
        Some((head, rest)) => match rest.strip_suffix(')') {
            Some(attributes) => (head, Some(attributes)),
            None => return Err(format!("\"{token}\" goes on after its parenthesis")),
        },
    };
    if let Some(attributes) = attributes {
        check_attributes(attributes)?;
    }
    let (name, count) = match (head.split_once(':'), attached) {
        (Some((name, count)), None) => {
            let count = count.parse().ok().filter(|&count| count > 0);
            (name, count.ok_or_else(|| format!("\"{token}\" needs a count of at least 1"))?)
        }
        (None, Some(_)) => (head, 1),
        (None, None) => return Err(format!("\"{token}\" is not of the form name:count")),
        (Some(_), Some(_)) => return Err(format!("\"{token}\" cannot have a count")),
    };
    let name = name.to_ascii_lowercase();
    let known = if attached.is_some() { is_numa(&name) } else { is_level(&name) };
    if !known {
        return Err(format!("\"{name}\" is no level that can stand there"));
    }
    Ok(Level { name, count, attributes, attached: attached.is_some() })
}

fn is_numa(name: &str) -> bool {
    matches!(name, "numa" | "node" | "numanode")
}

/// The levels that hwloc accepts in a synthetic tree. Listed rather than left to hwloc,
/// because naming one of its other types there trips an assertion in it.
fn is_level(name: &str) -> bool {
    const PLAIN: [&str; 6] = ["package", "socket", "die", "group", "core", "pu"];
    let cache = name.strip_prefix('l').and_then(|rest| {
        let mut characters = rest.chars();
        let level = characters.next()?.to_digit(10)?;
        Some((level, characters.as_str()))
    });
    let is_cache = matches!(cache, Some((1..=5, "" | "cache" | "d" | "dcache")))
        || matches!(cache, Some((1..=3, "i" | "icache")));
    is_numa(name) || PLAIN.contains(&name) || is_cache
}

/// Lets `key=value` pairs with keys that hwloc knows through.
///
/// The values are hwloc's matter, except that of `indexes`: it would fill its bit sets up
/// to any number given, with gigabytes and minutes.
fn check_attributes(attributes: &str) -> Result<(), String> {
    for pair in attributes.split_ascii_whitespace() {
        let fine = match pair.split_once('=') {
            Some(("indexes", list)) => list
                .split(|character: char| !character.is_ascii_alphanumeric())
                .all(|word| word.parse().is_ok_and(|index: u64| index < MAX_PUS) || is_level(word)),
            Some((key, _)) => matches!(key, "memory" | "size" | "memorysidecachesize"),
            None => false,
        };
        if !fine {
            return Err(format!("\"{pair}\" is no attribute with a usable value"));
        }
    }
    Ok(())
}

/// The levels of a plain description; 1 for those not named.
struct Counts {
    nodes: u64,
    packages_per_node: u64,
    cores: u64,
    pus: u64,
}

/// `None` unless the text is of the plain form, in which every node is alike.
fn plain_counts(levels: &[Level<'_>]) -> Option<Counts> {
    let mut counts = Counts { nodes: 1, packages_per_node: 1, cores: 1, pus: 1 };
    let mut packages = 1;
    // Each name once, outermost first; `rank` of the last one seen. A package may hold
    // nodes or be held by one.
    let mut last = 0;
    for level in levels {
        if level.attached || level.attributes.is_some() {
            return None;
        }
        let rank = match level.name.as_str() {
            "package" | "socket" if last <= 1 && packages == 1 => {
                packages = level.count;
                1
            }
            name if is_numa(name) && last <= 1 && counts.nodes == 1 => {
                // Packages seen so far hold the nodes; later ones are held.
                counts.nodes = packages * level.count;
                packages = 1;
                1
            }
            "core" if last < 2 => {
                counts.cores = level.count;
                2
            }
            "pu" if last < 3 => {
                counts.pus = level.count;
                3
            }
            _ => return None,
        };
        last = rank;
    }
    counts.packages_per_node = packages;
    Some(counts)
}

/// Numbers everything from 0 in order, as hwloc does.
fn build(counts: &Counts) -> Machine {
    let cores_per_node = counts.packages_per_node * counts.cores;
    // `screen` bounds the products, so nothing is cut off.
    let range = |index: u64, each: u64| -> Vec<u32> {
        (index * each..(index + 1) * each).map(|number| number as u32).collect()
    };
    let nodes = (0..counts.nodes)
        .map(|node| RawNode {
            os_index: node as u32,
            memory_bytes: NODE_BYTES,
            pus: range(node, cores_per_node * counts.pus),
        })
        .collect();
    let cores = (0..counts.nodes * cores_per_node)
        .map(|core| RawCore { os_index: core as u32, pus: range(core, counts.pus) })
        .collect();
    Machine { nodes, cores, distances: Vec::new(), described: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> Option<(usize, usize, usize)> {
        let counts = plain_counts(&screen(text).unwrap())?;
        let machine = build(&counts);
        let pus = machine.cores.iter().map(|core| core.pus.len()).sum();
        Some((machine.nodes.len(), machine.cores.len(), pus))
    }

    #[test]
    fn plain_forms_are_counted() {
        for (text, expected) in [
            ("numa:2 core:4 pu:1", (2, 8, 8)),
            ("  NUMA:2\tcore:4 pu:1 ", (2, 8, 8)),
            ("node:4 core:2 pu:2", (4, 8, 16)),
            ("package:2 numa:2 core:3 pu:2", (4, 12, 24)),
            ("numa:2 socket:2 core:3 pu:1", (2, 12, 12)),
            ("package:2 core:2 pu:2", (1, 4, 8)),
            ("pu:3", (1, 1, 3)),
        ] {
            assert_eq!(shape(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn richer_forms_are_left_to_hwloc() {
        for text in [
            "package:2 [numa(memory=4GB)] core:2 pu:1",
            "numa:2(memory=1GB) core:2 pu:1",
            "numa:2 l3:1 core:2 pu:1",
            "core:2 numa:2 pu:1",
            "core:2 pu:1(indexes=1,0)",
        ] {
            assert_eq!(shape(text), None, "{text}");
        }
    }

    #[test]
    fn mistakes_are_named_with_the_text() {
        for (text, part) in [
            ("", "empty"),
            (" \t", "empty"),
            ("numa:2 core:4", "must be pu"),
            ("banana:2 pu:1", "banana"),
            ("memcache:2 pu:2", "memcache"),
            ("machine:1 pu:2", "machine"),
            ("numa:0 pu:1", "numa:0"),
            ("numa:-1 pu:1", "numa:-1"),
            ("numa pu:1", "name:count"),
            ("2 4 1", "name:count"),
            ("numa:2 (pu:1", "not closed"),
            ("numa:2] pu:1", "closes"),
            ("[core] pu:1", "core"),
            ("[numa:2] pu:1", "count"),
            ("numa:2(colour=red) pu:1", "colour"),
            ("pu:2(indexes=0,4000000000)", "usable"),
            ("pu:2(indexes=-1,0)", "usable"),
            ("pu:2(indexes=)", "usable"),
            ("numa:2(memory=1)x pu:1", "goes on"),
            ("numa:9999 core:9999 pu:9999", "more than"),
            ("pu:99999999999999999999", "pu:9"),
            ("numa:2 core:4 pu:1\u{e9}", "pu:1"),
        ] {
            let message = describe(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
            assert!(message.starts_with(&format!("\"{text}\"")), "{message}");
        }
    }
}
