//! The pages of the reference: `cargo xtask docs`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::process::Stdio;

use metatensor_tools::programs::program_of;
use metatensor_tools::{repository, target};

use crate::check::cargo;

/// Pages for the crates by rustdoc, and for the C and C++ headers by Doxygen, where the first page for all is. What is
/// public and not documented is an error, and so is every other warning.
pub(crate) fn docs(_: &[String]) -> Result<(), Box<dyn Error>> {
    cargo("doc --workspace --no-deps --quiet")?;
    println!("doxygen docs/Doxyfile");
    let pages = target().join("doc/cpp");
    // those of classes that are gone
    if pages.exists() {
        fs::remove_dir_all(&pages)?;
    }
    fs::create_dir_all(&pages)?;
    let mut settings = fs::read(repository().join("docs/Doxyfile"))?;
    writeln!(
        settings,
        "OUTPUT_DIRECTORY = \"{}\"",
        target().join("doc").display()
    )?;
    writeln!(settings, "HTML_OUTPUT = cpp")?;

    let mut doxygen = program_of("doxygen", &["doxygen"])?
        .arg("-")
        .current_dir(repository())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    // it reads all of them before it writes anything
    let mut input = doxygen.stdin.take().ok_or("there is a pipe")?;
    input.write_all(&settings)?;
    drop(input);
    let output = doxygen.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let wrong: Vec<&str> = said.lines().filter(|line| !explains_itself(line)).collect();
    if !output.status.success() || !wrong.is_empty() {
        return Err(format!(
            "doxygen ended with {}, and says\n{}",
            output.status,
            wrong.join("\n")
        )
        .into());
    }
    println!("the reference is at {}", pages.join("index.html").display());
    Ok(())
}

/// Whether this warning is about something that has to be explained only where there is something to say: copies and moves
/// of a class, and parameters and results in C++, whose names and types tell more than those in C.
fn explains_itself(warning: &str) -> bool {
    let in_cpp = warning.ends_with(" documented") && !warning.contains(" of member mts_");
    if in_cpp
        && [" warning: return type of ", " warning: parameters of "]
            .iter()
            .any(|what| warning.contains(what))
    {
        return true;
    }
    let Some((_, member)) = warning.split_once(" warning: Member ") else {
        return false;
    };
    let Some((name, parameters)) = member.split_once('(') else {
        return false;
    };
    let of_the_same = [format!("const {name} &"), format!("{name} &&")];
    member.ends_with(" is not documented.")
        && (name == "operator="
            || of_the_same
                .iter()
                .any(|first| parameters.starts_with(first)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use metatensor_tools::headers::HEADERS;
    use metatensor_tools::repository;

    use super::explains_itself;

    #[test]
    fn first_page_has_all_headers() {
        let read = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
        let (page, main) = (read("docs/reference.md"), read("include/metatensor.hpp"));
        for header in HEADERS {
            let (c, cpp) = (header.path, header.path.replace(".h", ".hpp"));
            assert!(page.contains(&format!("| @ref {c} |")), "{c}");
            let is_apart = cpp != "metatensor.hpp" && !main.contains(&format!("<{cpp}>"));
            if is_apart && repository().join("include").join(&cpp).exists() {
                assert!(page.contains(&format!("| {cpp} |")), "{cpp}");
            }
        }
    }

    #[test]
    fn what_names_and_types_say_needs_no_words() {
        let of = |member: &str, what: &str| {
            explains_itself(&format!(
                "labels.hpp:84: warning: Member {member} (function) of class metatensor::Labels {what}."
            ))
        };
        let missing = "is not documented";
        assert!(of("Labels(Labels &&other) noexcept", missing));
        assert!(of("Labels(const Labels &other)", missing));
        assert!(of("operator=(const Labels &)=default", missing));
        assert!(!of(
            "Labels(const std::vector< std::string > &dimensions)",
            missing
        ));
        assert!(!of("position(const Labels &other) const", missing));
        assert!(!of("count() const", missing));
        assert!(!of(
            "Labels(Labels &&other) noexcept",
            "is documented twice"
        ));
        let parameters = |member: &str| {
            explains_itself(&format!(
                "<position>:1: warning: parameters of member {member} are not documented"
            ))
        };
        assert!(parameters("metatensor::Labels::position"));
        assert!(!parameters("mts_labels_position"));
        assert!(!explains_itself(
            "labels.hpp:84: warning: found </tt> tag without matching <tt>"
        ));
    }
}
