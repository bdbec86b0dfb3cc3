//! Names of files with values in them: `out-{center_type}.mts`.

/// Text, and names that stand for values.
pub(super) struct Pattern {
    parts: Vec<Part>,
}

enum Part {
    Text(String),
    /// The position of a name.
    Value(usize),
}

impl Pattern {
    /// A pattern with some of these names, in braces.
    pub(super) fn new(text: &str, names: &[String]) -> Result<Pattern, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                return Err(format!("there is no }} after the last {{ of '{text}'"));
            };
            let position = names.iter().position(|known| known == name);
            let position = position.ok_or_else(|| {
                format!(
                    "'{{{name}}}' in '{text}' is none of {{{}}}",
                    names.join("} {")
                )
            })?;
            parts.extend([Part::Text(before.to_owned()), Part::Value(position)]);
            rest = after;
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(Pattern { parts })
    }

    /// The name of a file for these values, one for each of the names.
    pub(super) fn fill(&self, values: &[i32]) -> String {
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(position) => values[*position].to_string(),
        });
        parts.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_where_their_names_are() {
        let names = ["a".to_owned(), "b".to_owned()];
        let fill = |text: &str| Ok(Pattern::new(text, &names)?.fill(&[-1, 20]));
        assert_eq!(fill("x-{b}{a}.mts").unwrap(), "x-20-1.mts");
        assert_eq!(fill("x}").unwrap(), "x}");
        for (text, error) in [
            ("{a", "there is no } after the last { of '{a'"),
            ("{c}", "'{c}' in '{c}' is none of {a} {b}"),
        ] {
            let result: Result<String, String> = fill(text);
            assert_eq!(result.unwrap_err(), error);
        }
    }
}
