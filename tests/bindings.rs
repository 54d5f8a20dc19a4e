//! What the bindings copy from `include/parla.h`, because their languages cannot read it, equals it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Languages that copy constants, and how their files end.
const COPYING: [(&str, &str); 3] = [("fortran", "f90"), ("julia", "jl"), ("python", "py")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn header() -> String {
    fs::read_to_string(root().join("include/parla.h")).expect("include/parla.h")
}

/// `#define PARLA_X value`, for values that are numbers.
fn constants(header: &str) -> BTreeMap<&str, i64> {
    let defines = header.lines().filter_map(|line| line.strip_prefix("#define "));
    let pairs = defines.filter_map(|define| define.split_once(' '));
    pairs
        .filter_map(|(name, value)| match value.trim() {
            "INT64_MIN" => Some((name, i64::MIN)),
            value => Some((name, value.parse().ok()?)),
        })
        .collect()
}

/// The names of a struct's fields.
fn fields(header: &str, name: &str) -> Vec<String> {
    let start = format!("typedef struct {name} {{");
    let body = header.split_once(&start).expect("the struct").1.split_once('}').expect("its end").0;
    let code = body.lines().map(str::trim).filter(|l| !l.starts_with('*') && !l.starts_with("/*"));
    let names = code.filter_map(|line| line.strip_suffix(';')?.rsplit([' ', '*']).next());
    names.map(str::to_owned).collect()
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of bindings") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
}

/// `PARLA_X = 1`, whatever stands before it, and before and after the number: `Int32(1)`, `1_c_int32_t`.
fn definition(line: &str) -> Option<(&str, i64)> {
    let (left, right) = line.split_once('=')?;
    let name = left.trim_end().rsplit([' ', ':', '(']).next()?;
    let is_constant = name.starts_with("PARLA_") && !right.starts_with('=');
    let number = right.trim_start();
    let number = number.rsplit_once('(').map_or(number, |(_, inside)| inside);
    let is_digit = |c: char| c.is_ascii_digit() || c == '-';
    let digits: String = number.chars().take_while(|c| is_digit(*c)).collect();
    is_constant.then(|| digits.parse().ok()).flatten().map(|value| (name, value))
}

#[test]
fn copied_constants_equal_the_header() {
    let header = header();
    let constants = constants(&header);
    assert_eq!(constants["PARLA_OK"], 0);
    for (language, extension) in COPYING {
        let mut files = Vec::new();
        files_below(&root().join("bindings").join(language), extension, &mut files);
        let mut copied = 0;
        for file in files {
            let text = fs::read_to_string(&file).expect("UTF-8");
            for (name, value) in text.lines().filter_map(definition) {
                let expected = constants.get(name);
                assert_eq!(Some(&value), expected, "{name} in {}", file.display());
                copied += 1;
            }
        }
        assert!(copied >= 2, "{copied} constants found in bindings/{language}");
    }
}

#[test]
fn copied_configurations_have_the_header_s_fields_in_order() {
    let expected = fields(&header(), "parla_config_t");
    assert_eq!(expected.first().map(String::as_str), Some("size"));

    let julia = root().join("bindings/julia/bare/parla_bare.jl");
    let julia = fs::read_to_string(julia).expect("UTF-8");
    let body = julia.split_once("struct ParlaConfig\n").expect("ParlaConfig").1;
    let body = body.split_once("\nend").expect("its end").0;
    let found: Vec<&str> =
        body.lines().filter_map(|l| Some(l.trim().split_once("::")?.0)).collect();
    assert_eq!(found, expected, "Julia");

    let python = root().join("bindings/python/bare/parla_bare.py");
    let python = fs::read_to_string(python).expect("UTF-8");
    let body = python.split_once("class ParlaConfig").expect("ParlaConfig").1;
    let body =
        body.split_once("_fields_ = [").expect("_fields_").1.split_once(']').expect("its end").0;
    let found: Vec<&str> = body.split('"').skip(1).step_by(2).collect();
    assert_eq!(found, expected, "Python");
}

#[test]
fn definitions_are_recognized_in_each_language() {
    for line in [
        "PARLA_CPU = 16777216",
        "const PARLA_CPU = Int32(16777216)",
        "  integer(c_int32_t), parameter, public :: PARLA_CPU = 16777216_c_int32_t",
    ] {
        assert_eq!(definition(line), Some(("PARLA_CPU", 16_777_216)), "{line}");
    }
    assert_eq!(definition("const PARLA_NO_THREADS = Int32(-1)"), Some(("PARLA_NO_THREADS", -1)));
    assert_eq!(definition("if state == PARLA_STATE_DONE"), None);
    assert_eq!(
        definition("    size=ctypes.sizeof(ParlaConfig), wait_mode=PARLA_WAIT_THREAD"),
        None
    );
}
