//! One page about a file, which needs nothing else.

mod blocks;
mod html;

use std::fmt::Write;

use html::{Cell, Escaped, Table, filled, heading, note};
use metatensor_core::{Collection, Labels};

use crate::commands::info::Facts;
use crate::commands::plural;
use crate::input::{Blocks, Input, Opened};
use crate::output::{Failure, bytes};
use crate::picture::{Colors, style};

/// Bytes of all tables, and of what is said of single blocks. With pictures of the whole file, a page is smaller than 5 MB.
const TABLES: usize = 1_200_000;
const DETAILS: usize = 3_000_000;
/// Facts that are listed. There may be very many info strings.
const MOST_FACTS: usize = 200;

/// The page, for a file with this name.
pub(crate) fn page(name: &str, opened: Opened) -> Result<String, Failure> {
    let Opened { input, size } = opened;
    let kind = input.kind();
    let (known, rest) = match input {
        Input::Labels(labels) => (Facts::of_labels(&labels, size), rows(&labels)),
        Input::Collection(collection) => (
            Facts::of_collection(&collection, size),
            members(&collection),
        ),
        input => {
            let blocks = Blocks::of(input, name)?;
            let facts = Facts::of_blocks(&blocks, kind, size)?;
            (facts, blocks::sections(&blocks)?)
        }
    };
    let mut content = format!("<h1>{}</h1>\n", Escaped(name));
    let _ = writeln!(content, "<p>A {kind} of {}</p>", bytes(size));
    content += &facts(&known.text);
    content += &rest;
    let style = include_str!("page.css").to_owned() + &style(Colors::Preferred) + "\n";
    Ok(filled(
        include_str!("page.html"),
        &[
            ("title", &Escaped(name).to_string()),
            ("style", &style),
            ("content", &content),
            ("version", env!("CARGO_PKG_VERSION")),
            ("script", include_str!("page.js")),
        ],
    ))
}

/// What `mts info` says.
fn facts(facts: &[(String, String)]) -> String {
    let mut html = heading(2, "facts", "What it holds");
    html.push_str("<dl>\n");
    for (name, text) in facts.iter().take(MOST_FACTS) {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", Escaped(name), Escaped(text));
    }
    html.push_str("</dl>\n");
    if let Some(more) = more(facts.len(), MOST_FACTS) {
        html += &note(&format!("{} left out", plural(more, "more fact")));
    }
    html
}

/// How many are left of all of them.
fn more(all: usize, shown: usize) -> Option<usize> {
    all.checked_sub(shown).filter(|&more| more > 0)
}

/// Labels as a table.
fn rows(labels: &Labels) -> String {
    let names = labels.names().iter().map(|name| (name, false));
    let mut table = Table::new(names);
    for row in labels.iter() {
        if table.len() > TABLES {
            break;
        }
        table.row(row.iter().map(|value| Cell::Number(value.to_string())));
    }
    with_what_is_left_out(heading(2, "rows", "Rows"), table, labels.count(), "row")
}

/// The maps of a collection, by their names.
fn members(collection: &Collection) -> String {
    let columns = [
        ("name", true),
        ("maps", false),
        ("first", false),
        ("last", false),
    ];
    let mut table = Table::new(columns);
    let mut all = 0;
    for name in collection.names() {
        all += 1;
        if table.len() > TABLES {
            continue;
        }
        let numbers = collection.numbers(name);
        let number =
            |number: Option<&i32>| Cell::Number(number.map_or("-".to_owned(), i32::to_string));
        table.row([
            Cell::Text(name.to_owned()),
            Cell::Number(numbers.len().to_string()),
            number(numbers.first()),
            number(numbers.last()),
        ]);
    }
    with_what_is_left_out(heading(2, "maps", "Maps"), table, all, "name")
}

fn with_what_is_left_out(mut html: String, table: Table, all: usize, noun: &str) -> String {
    let left_out = more(all, table.rows());
    html += &table.finish();
    if let Some(left_out) = left_out {
        html += &note(&format!("{} left out, of {all}", plural(left_out, noun)));
    }
    html
}
