//! `include/parla.h` is what cbindgen makes of `src/ffi` today.
//!
//! `PARLA_UPDATE_HEADER=1 cargo test --test header` writes it (`make header`).

use std::path::Path;

#[test]
fn the_committed_header_is_fresh() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    let mut builder = cbindgen::Builder::new().with_config(config);
    for stem in
        ["types", "lifecycle", "spawn", "wait", "control", "inspect", "taskspace", "place", "hooks"]
    {
        builder = builder.with_src(root.join("src/ffi").join(stem).with_extension("rs"));
    }
    let mut fresh = Vec::new();
    builder.generate().expect("src/ffi parses").write(&mut fresh);
    let fresh = String::from_utf8(fresh).expect("UTF-8");
    // What Rust calls safety is, to a C programmer, what the pointers must point to.
    let fresh = fresh.replace(" * # Safety\n", " * Pointers:\n");
    let path = root.join("include/parla.h");
    if std::env::var_os("PARLA_UPDATE_HEADER").is_some() {
        std::fs::write(&path, &fresh).expect("include/parla.h is writable");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == fresh, "include/parla.h is stale: run `make header` and commit it");
}
