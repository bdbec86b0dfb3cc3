//! Compiles what is compared with, in C with MPI alone.

fn main() {
    println!("cargo::rerun-if-changed=raw.c");
    println!("cargo::rerun-if-env-changed=MPICC");
    let mpicc = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_owned());
    cc::Build::new()
        .compiler(mpicc)
        .std("c11")
        .opt_level(3)
        .file("raw.c")
        .compile("raw");
}
