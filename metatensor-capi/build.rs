//! Names the shared library inside of itself: clients look for this name, without a version.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    match std::env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "freebsd" | "netbsd" | "openbsd" | "android") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libmetatensor.so");
        }
        Ok("macos" | "ios") => {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libmetatensor.dylib");
        }
        _ => {}
    }
}
