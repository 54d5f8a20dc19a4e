//! Gives the shared library its soname and keeps it mapped for the life of the process.

//!
//! Symbols carry no version. rustc hides what is not exported through a version script of its own, without a name, and GNU
//! ld refuses a second one beside it ("anonymous version tag cannot be combined with other version tags"), while lld takes
//! it but gives no symbol a version. The soname alone tells incompatible releases apart; `ci/test-symbols.sh` checks that
//! the exports are exactly what the header declares.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");

    // Other systems name a shared library by other means; their builds go without.
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() != Ok("linux") {
        return;
    }

    // Programs record this name and not the file's, so that releases which share an ABI can replace one
    // another. CMakeLists.txt derives the file names from the same number.
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libparla.so.{major}");

    // The library owns threads and thread-local destructors: code that they would return to must not be
    // unmapped by a `dlclose`.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
}
