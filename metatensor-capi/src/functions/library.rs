//! The library itself.

use std::ffi::c_char;
use std::panic;
use std::sync::Once;

/// Do not print a message to the standard error when a bug makes the library panic.
///
/// Panics never leave the library: they come back as `MTS_INTERNAL_ERROR`, with the same message. With
/// the environment variable `RUST_BACKTRACE` set to something else than 0, messages are printed anyway.
///
/// This can be called any number of times, from any thread.
#[unsafe(no_mangle)]
pub extern "C" fn mts_disable_panic_printing() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let print = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0") {
                print(info);
            }
        }));
    });
}

/// Get the version of the library, as three numbers with dots between them.
///
/// @returns a NUL-terminated string that is never freed
#[unsafe(no_mangle)]
pub extern "C" fn mts_version() -> *const c_char {
    const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");
    VERSION.as_ptr().cast()
}
