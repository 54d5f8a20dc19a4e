//! Gives the shared library its soname and keeps it mapped for the life of the process.

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
