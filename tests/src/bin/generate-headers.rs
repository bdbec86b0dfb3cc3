//! Writes the C headers that are generated from the sources of `metatensor-capi`.

use metatensor_tests::headers::HEADERS;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for header in HEADERS {
        std::fs::write(header.location(), header.generate()?)?;
        println!("wrote {}", header.location().display());
    }
    Ok(())
}
