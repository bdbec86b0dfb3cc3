//! Text that somebody else wrote, on a terminal.

use std::borrow::Cow;

use unicode_width::UnicodeWidthStr;

/// The same with nothing that moves the cursor or changes colors: line ends and other control characters as `\n` and so on.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    // nearly all of it is plain, of very many blocks as well
    let has_plain_bytes = text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
    if has_plain_bytes || !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    for character in text.chars() {
        match character.is_control() {
            true => shown.extend(character.escape_default()),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

/// How many columns what is visible takes: two for characters as those of Chinese, none for accents that follow a letter.
pub(crate) fn width(text: &str) -> usize {
    match text.is_ascii() {
        true => text.len(),
        false => text.width(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_and_control_characters() {
        for (text, columns) in [
            ("", 0),
            ("atom", 4),
            ("\u{e9}", 1),
            ("e\u{301}", 1),
            ("\u{65e5}\u{672c}", 4),
        ] {
            assert_eq!(width(text), columns, "{text}");
            assert_eq!(visible(text), text);
        }
        assert_eq!(visible("a\n\u{1b}[31m"), "a\\n\\u{1b}[31m");
    }
}
