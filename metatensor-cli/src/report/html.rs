//! Text, tables and pictures in a page.

use std::fmt::{self, Write};

use crate::picture::{Colors, Picture};

/// Characters of one text that are shown.
const MOST_CHARACTERS: usize = 2000;

/// Text that somebody else wrote: nothing in it is HTML, and it does not fill the page.
pub(super) struct Escaped<'a>(pub(super) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = self.0.chars();
        for character in characters.by_ref().take(MOST_CHARACTERS) {
            match character {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' | '\t' => f.write_char(character)?,
                character if character.is_control() => f.write_char('\u{fffd}')?,
                character => f.write_char(character)?,
            }
        }
        match characters.next() {
            Some(_) => f.write_str("…"),
            None => Ok(()),
        }
    }
}

/// A template with each `{{name}}` replaced, once: what is put there may have braces of its own.
pub(super) fn filled(template: &str, fields: &[(&str, &str)]) -> String {
    let mut page = String::new();
    let mut pieces = template.split("{{");
    page.extend(pieces.next());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or((piece, ""));
        let field = fields.iter().find(|(known, _)| *known == name);
        page.push_str(field.map_or("", |(_, text)| text));
        page.push_str(rest);
    }
    page
}

/// A table that can be searched and sorted.
pub(super) struct Table {
    html: String,
    rows: usize,
}

/// What is in a cell of a table.
pub(super) enum Cell {
    Text(String),
    Number(String),
    /// A number for people, and what it is sorted by.
    Sorted(String, f64),
    /// A link to something on this page.
    Link(String, String),
}

impl Table {
    /// A table with these columns. Those of text are to the left.
    pub(super) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, bool)>) -> Table {
        let mut html = "<div class=\"scroll\"><table class=\"data\"><thead><tr>".to_owned();
        for (name, is_text) in columns {
            let class = if is_text { " class=\"text\"" } else { "" };
            // Writing to a string does not fail.
            let _ = write!(html, "<th scope=\"col\"{class}>{}</th>", Escaped(name));
        }
        html.push_str("</tr></thead><tbody>\n");
        Table { html, rows: 0 }
    }

    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.html.push_str("<tr>");
        for cell in cells {
            let _ = match cell {
                Cell::Text(text) => {
                    let text = Escaped(&text);
                    write!(self.html, "<td class=\"text\">{text}</td>")
                }
                Cell::Number(text) => write!(self.html, "<td>{}</td>", Escaped(&text)),
                Cell::Sorted(text, value) => {
                    let text = Escaped(&text);
                    write!(self.html, "<td data-value=\"{value}\">{text}</td>")
                }
                Cell::Link(text, target) => write!(
                    self.html,
                    "<td><a href=\"#{}\">{}</a></td>",
                    Escaped(&target),
                    Escaped(&text)
                ),
            };
        }
        self.html.push_str("</tr>\n");
        self.rows += 1;
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Bytes of it.
    pub(super) fn len(&self) -> usize {
        self.html.len()
    }

    pub(super) fn finish(mut self) -> String {
        self.html.push_str("</tbody></table></div>\n");
        self.html
    }
}

pub(super) fn heading(level: u8, id: &str, text: &str) -> String {
    match id {
        "" => format!("<h{level}>{}</h{level}>\n", Escaped(text)),
        id => format!(
            "<h{level} id=\"{}\">{}</h{level}>\n",
            Escaped(id),
            Escaped(text)
        ),
    }
}

pub(super) fn note(text: &str) -> String {
    format!("<p class=\"note\">{}</p>\n", Escaped(text))
}

/// Pictures beside each other, as many as there is place for.
pub(super) fn pictures(pictures: &[Picture]) -> String {
    let mut html = "<div class=\"cards\">\n".to_owned();
    for picture in pictures {
        let picture = picture.to_svg(Colors::OfPage);
        let _ = write!(html, "<figure>{picture}</figure>");
    }
    html.push_str("</div>\n");
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_html() {
        let text = "<script>'\"&\u{0}";
        assert_eq!(
            Escaped(text).to_string(),
            "&lt;script&gt;&#39;&quot;&amp;\u{fffd}"
        );
        let long = "é".repeat(MOST_CHARACTERS + 1);
        assert_eq!(
            Escaped(&long).to_string(),
            "é".repeat(MOST_CHARACTERS) + "…"
        );
    }

    #[test]
    fn what_is_filled_in_is_no_template() {
        let fields = [("a", "{{b}}"), ("b", "x")];
        assert_eq!(filled("-{{a}}-{{b}}-", &fields), "-{{b}}-x-");
    }
}
