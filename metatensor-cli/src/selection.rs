//! Which keys or samples to take: `center_type=1/6/8,o3_lambda=0..2`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use metatensor_core::Labels;

/// For some names, the values that they may have.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    parts: Vec<(String, Vec<RangeInclusive<i32>>)>,
}

impl FromStr for Selection {
    type Err = String;

    fn from_str(text: &str) -> Result<Selection, String> {
        let mut parts: Vec<(String, Vec<_>)> = Vec::new();
        for part in text.split(',') {
            let (name, values) = part
                .split_once('=')
                .ok_or_else(|| format!("'{part}' is not like name=value"))?;
            // as it is when it comes from a list that people read
            let name = name.trim();
            if parts.iter().any(|(known, _)| known == name) {
                return Err(format!("'{name}' is there twice"));
            }
            let ranges = values.split('/').map(range).collect::<Result<_, _>>()?;
            parts.push((name.to_owned(), ranges));
        }
        Ok(Selection { parts })
    }
}

/// `3`, or `3..5` with both ends.
fn range(text: &str) -> Result<RangeInclusive<i32>, String> {
    let number = |text: &str| {
        text.trim()
            .parse::<i32>()
            .map_err(|_| format!("'{text}' is not an integer of 32 bits"))
    };
    match text.split_once("..") {
        None => number(text).map(|value| value..=value),
        Some((start, end)) => {
            let range = number(start)?..=number(end)?;
            if range.is_empty() {
                return Err(format!("there is nothing in '{text}'"));
            }
            Ok(range)
        }
    }
}

impl Selection {
    /// The names that have values.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().map(|(name, _)| name.as_str())
    }

    /// Positions of the rows of `labels` that are selected, increasing. `what` is what the labels are of.
    pub(crate) fn rows(&self, labels: &Labels, what: &str) -> Result<Vec<usize>, String> {
        let names = labels.names();
        let columns: Vec<usize> = self
            .parts
            .iter()
            .map(|(name, _)| {
                names.iter().position(|known| known == name).ok_or_else(|| {
                    format!("there is no '{name}' in the names of the {what}, {names}")
                })
            })
            .collect::<Result<_, _>>()?;
        let is_selected = |row: &[i32]| {
            let mut parts = self.parts.iter().zip(&columns);
            parts.all(|((_, ranges), &column)| {
                ranges.iter().any(|range| range.contains(&row[column]))
            })
        };
        let rows = labels.iter().enumerate();
        Ok(rows
            .filter(|(_, row)| is_selected(row))
            .map(|(i, _)| i)
            .collect())
    }
}

/// All rows, or those that are selected.
pub(crate) fn selected(
    selection: Option<&Selection>,
    labels: &Labels,
    what: &str,
) -> Result<Vec<usize>, String> {
    match selection {
        Some(selection) => selection.rows(labels, what),
        None => Ok((0..labels.count()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_ranges() {
        let labels = Labels::new(["a", "b"], [[1, 0], [1, 1], [-2, 2], [6, 3], [8, 3]]).unwrap();
        let rows = |text: &str| {
            let selection: Selection = text.parse()?;
            selection.rows(&labels, "keys")
        };
        assert_eq!(rows("a=1").unwrap(), [0, 1]);
        assert_eq!(rows("a=1/8").unwrap(), [0, 1, 4]);
        assert_eq!(rows("a=-2..1,b=1..3").unwrap(), [1, 2]);
        assert_eq!(rows("a=1, b=1").unwrap(), [1]);
        assert_eq!(rows(" a = 6 / 8 ").unwrap(), [3, 4]);
        assert_eq!(rows("b=7").unwrap(), [0; 0]);
        for (text, error) in [
            ("a", "'a' is not like name=value"),
            ("a=", "'' is not an integer of 32 bits"),
            ("a=3..2", "there is nothing in '3..2'"),
            ("a=1,a=2", "'a' is there twice"),
            (
                "c=1",
                "there is no 'c' in the names of the keys, ['a', 'b']",
            ),
        ] {
            assert_eq!(rows(text).unwrap_err(), error);
        }
    }
}
