//! Compiles what these programs do with MPI beside metatensor, as a program with bindings of its own would.

fn main() {
    println!("cargo::rerun-if-changed=src/engine.c");
    println!("cargo::rerun-if-env-changed=MPICC");
    let mpicc = std::env::var("MPICC").unwrap_or_else(|_| "mpicc".to_owned());
    cc::Build::new()
        .compiler(mpicc)
        .std("c11")
        .warnings(true)
        .extra_warnings(true)
        .file("src/engine.c")
        .compile("engine");
}
