//! The pages of the reference and the book: `cargo xtask docs` and `cargo xtask book`.

use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use metatensor_tools::book::{self, links};
use metatensor_tools::programs::program_of;
use metatensor_tools::run::cargo;
use metatensor_tools::{repository, target};

/// Links that are not ours to mend: how their page starts, what is in them, and why they are broken.
const NOT_OURS: [(&str, &str, &str); 5] = [
    (
        "cpp/",
        "#nested-classes",
        "Doxygen: all of these are left out",
    ),
    (
        "metatensor/",
        "all.html",
        "rustdoc: of a crate that is a module of another one",
    ),
    (
        "",
        "/trait.impl/",
        "rustdoc: scripts for traits that nobody implements",
    ),
    (
        "metatensor",
        "#slicing",
        "text of ndarray, for what dereferences to its arrays",
    ),
    ("metatensor", "#subviews", "the same"),
];

/// Pages for the crates by rustdoc, for the C and C++ headers by Doxygen, where the first page for all is, and the book. What is
/// public and not documented is an error, and so is every other warning, and a link between these pages that leads nowhere.
pub(crate) fn docs(_: &[String]) -> Result<(), Box<dyn Error>> {
    cargo("doc --workspace --no-deps --quiet")?;
    let root = target().join("doc").canonicalize()?;
    let (cpp, book) = (root.join("cpp"), root.join("book"));
    doxygen(&cpp)?;
    println!("mdbook build docs/book");
    book::build::build(&book)?;

    // those of rustdoc may be left over from crates and items that are gone: the others lead to those that are not
    let mut first = links::pages_in(&cpp)?;
    first.extend(links::pages_in(&book)?);
    let mut report = links::follow(&root, &first)?;
    report.broken.append(&mut report.outside);
    report.broken.retain(|broken| {
        !NOT_OURS
            .iter()
            .any(|(page, link, _)| broken.page.starts_with(page) && broken.link.contains(link))
    });
    no_broken(&report)?;
    println!("the reference is at {}", cpp.join("index.html").display());
    println!("the book is at {}", book.join("index.html").display());
    Ok(())
}

/// The book alone. Where its links to the reference lead is for `docs` to find out, which has the reference.
pub(crate) fn book(_: &[String]) -> Result<(), Box<dyn Error>> {
    let pages = target().join("doc/book");
    book::build::build(&pages)?;
    let pages = pages.canonicalize()?;
    let report = links::follow(&pages, &links::pages_in(&pages)?)?;
    no_broken(&report)?;
    let outside = report.outside.len();
    println!("{outside} links to the reference: `cargo xtask docs` makes it, and follows them");
    println!("the book is at {}", pages.join("index.html").display());
    Ok(())
}

fn no_broken(report: &links::Report) -> Result<(), Box<dyn Error>> {
    if !report.broken.is_empty() {
        let broken: Vec<_> = report.broken.iter().map(ToString::to_string).collect();
        return Err(format!("broken links:\n{}", broken.join("\n")).into());
    }
    println!("{} links in {} pages resolve", report.links, report.pages);
    Ok(())
}

/// The pages for C and C++, in this directory.
fn doxygen(pages: &Path) -> Result<(), Box<dyn Error>> {
    println!("doxygen docs/Doxyfile");
    // those of classes that are gone
    if pages.exists() {
        fs::remove_dir_all(pages)?;
    }
    fs::create_dir_all(pages)?;
    let mut settings = fs::read(repository().join("docs/Doxyfile"))?;
    writeln!(settings, "HTML_OUTPUT = \"{}\"", pages.display())?;

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
