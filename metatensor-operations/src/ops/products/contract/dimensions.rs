//! Which dimensions of two maps belong together.

use metatensor_core::{Error, Result};

use super::ContractOptions;
use crate::engine::Axis;

/// What becomes of the dimensions of two maps on an axis.
#[derive(Debug)]
pub(super) struct Dimensions {
    /// Those that both have, as positions in the first and the second map. They are those of the first one, in its order.
    pub(super) matched: Vec<[usize; 2]>,
    pub(super) contracted: Vec<[usize; 2]>,
    /// All others, and their names in the result.
    pub(super) outer: [Vec<(usize, String)>; 2],
    matched_names: Vec<String>,
}

/// The name of a dimension that says nothing: that of labels where nothing is to be said.
const NOTHING: &str = "_";

impl Dimensions {
    /// For dimensions with these names, of labels that have at most one row or not: `_` says nothing only where it does not
    /// tell rows apart.
    pub(super) fn new(
        axis: Axis,
        a: &[&str],
        b: &[&str],
        is_single: [bool; 2],
        options: &ContractOptions<'_>,
    ) -> Result<Dimensions> {
        let (matched, contracted) = match axis {
            Axis::Keys => (options.matched_keys, &[] as &[&str]),
            Axis::Components => (options.matched_components, options.contracted_components),
            _ => (options.matched_properties, options.contracted_properties),
        };
        for name in matched.unwrap_or_default().iter().chain(contracted) {
            for (which, names) in [("first", a), ("second", b)] {
                if !names.contains(name) {
                    return Err(Error::invalid(format!(
                        "'{name}' is to be {}, but {axis} of the {which} map have the dimensions [{}]",
                        if contracted.contains(name) {
                            "contracted"
                        } else {
                            "matched"
                        },
                        names.join(", "),
                    )));
                }
            }
            let asked = matched.unwrap_or_default().iter().chain(contracted);
            if asked.filter(|other| *other == name).count() > 1 {
                return Err(Error::invalid(format!(
                    "'{name}' is named more than once for {axis}: it can be matched or contracted"
                )));
            }
        }
        let is_contracted = |name: &str| contracted.contains(&name);
        let is_matched = |name: &str| match matched {
            Some(matched) => matched.contains(&name),
            None => a.contains(&name) && b.contains(&name) && !is_contracted(name),
        };
        let both = |is_wanted: &dyn Fn(&str) -> bool| -> Vec<[usize; 2]> {
            let wanted = a.iter().enumerate().filter(|(_, name)| is_wanted(name));
            let places = wanted.filter_map(|(i, name)| Some([i, position(b, name)?]));
            places.collect()
        };
        let matched = both(&is_matched);
        let contracted = both(&is_contracted);
        let is_outer = |side: usize, name: &str| {
            let says_nothing = name == NOTHING && is_single[side];
            !says_nothing && !is_matched(name) && !is_contracted(name)
        };
        let outer = [(a, b, 0), (b, a, 1)].map(|(names, others, side)| {
            let outer = names.iter().enumerate();
            let outer = outer.filter(|(_, name)| is_outer(side, name));
            let named = outer.map(|(i, name)| match others.contains(name) {
                true => (i, format!("{name}{}", options.suffixes[side])),
                false => (i, (*name).to_owned()),
            });
            named.collect::<Vec<_>>()
        });
        let matched_names = matched.iter().map(|&[i, _]| a[i].to_owned()).collect();
        let dimensions = Dimensions {
            matched,
            contracted,
            outer,
            matched_names,
        };
        let names = dimensions.names();
        let repeated = names
            .iter()
            .enumerate()
            .find(|(i, name)| names[..*i].contains(name));
        if let Some((_, name)) = repeated {
            return Err(Error::invalid(format!(
                "{axis} of the result would have two dimensions with the name '{name}': choose other suffixes"
            )));
        }
        Ok(dimensions)
    }

    /// Names of the result: what is matched, then the others of both maps.
    pub(super) fn names(&self) -> Vec<&str> {
        let matched = self.matched_names.iter();
        let outer = self.outer.iter().flatten().map(|(_, name)| name);
        matched.chain(outer).map(String::as_str).collect()
    }

    /// Appends a row of the result, made of one of each map.
    pub(super) fn extend(&self, row: &mut Vec<i32>, a: &[i32], b: &[i32]) {
        row.extend(self.matched.iter().map(|&[i, _]| a[i]));
        row.extend(self.outer[0].iter().map(|(i, _)| a[*i]));
        row.extend(self.outer[1].iter().map(|(i, _)| b[*i]));
    }
}

fn position(names: &[&str], name: &str) -> Option<usize> {
    names.iter().position(|other| *other == name)
}
