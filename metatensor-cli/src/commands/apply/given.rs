//! What was given for an operation.

use clap::ArgMatches;
use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_operations::{
    AllcloseOptions, Axis, DifferentKeys, DimensionValues, Direction, EqualMetadataOptions,
    GradientSelection, LstsqOptions, MissingGradients, unique_metadata,
};

use crate::input::load_labels;
use crate::output::Failure;
use crate::selection::Selection;

/// The maps, and all options.
pub(super) struct Given<'m> {
    pub(super) matches: &'m ArgMatches,
    pub(super) maps: Vec<TensorMap>,
    pub(super) number: Option<f64>,
}

impl Given<'_> {
    pub(super) fn map(&self, position: usize) -> &TensorMap {
        &self.maps[position]
    }

    /// The only block of what was given for a block.
    pub(super) fn block(&self, position: usize) -> Result<&TensorBlock, Failure> {
        Ok(self.map(position).block_by_id(0)?)
    }

    pub(super) fn maps(&self) -> &[TensorMap] {
        &self.maps
    }

    pub(super) fn number(&self) -> Result<f64, Failure> {
        let number = self.number.ok_or("there is no number".to_owned())?;
        Ok(number)
    }

    /// The value of an option, if it was given or has a default.
    pub(super) fn get<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Option<T> {
        let value = self.matches.try_get_one::<T>(name);
        value.ok().flatten().cloned()
    }

    fn list<T: Clone + Send + Sync + 'static>(&self, name: &str) -> Vec<T> {
        let values = self.matches.try_get_many::<T>(name);
        values.ok().flatten().unwrap_or_default().cloned().collect()
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.get(name).unwrap_or(false)
    }

    pub(super) fn seed(&self, name: &str) -> u64 {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn index(&self, name: &str) -> usize {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn fill(&self, name: &str) -> f64 {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn optional_integer(&self, name: &str) -> Option<u64> {
        self.get(name)
    }

    pub(super) fn numbers(&self, name: &str) -> Vec<f64> {
        self.list(name)
    }

    pub(super) fn axis(&self, name: &str) -> Axis {
        self.get(name).unwrap_or(Axis::Samples)
    }

    /// All axes, if none was given.
    pub(super) fn axes(&self, name: &str) -> Vec<Axis> {
        match self.list(name) {
            none if none.is_empty() => Axis::ALL.to_vec(),
            axes => axes,
        }
    }

    pub(super) fn direction(&self, name: &str) -> Direction {
        match self.is_set(name) {
            true => Direction::Descending,
            false => Direction::Ascending,
        }
    }

    pub(super) fn missing_gradients(&self, name: &str) -> MissingGradients {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn different_keys(&self, name: &str) -> DifferentKeys {
        self.get(name).unwrap_or_default()
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.optional_text(name).unwrap_or_default()
    }

    pub(super) fn optional_text(&self, name: &str) -> Option<&str> {
        let value = self.matches.try_get_one::<String>(name);
        value.ok().flatten().map(String::as_str)
    }

    pub(super) fn names(&self, name: &str) -> Vec<&str> {
        self.optional_names(name).unwrap_or_default()
    }

    /// The names that were given, of which '' is none.
    pub(super) fn optional_names(&self, name: &str) -> Option<Vec<&str>> {
        let values = self.matches.try_get_many::<String>(name).ok().flatten()?;
        Some(
            values
                .map(String::as_str)
                .filter(|name| !name.is_empty())
                .collect(),
        )
    }

    pub(super) fn positions(&self, name: &str) -> Vec<usize> {
        self.list(name)
    }

    pub(super) fn integers(&self, name: &str) -> Vec<i32> {
        self.list(name)
    }

    pub(super) fn labels(&self, name: &str) -> Result<Labels, Failure> {
        let labels = self.optional_labels(name)?;
        labels.ok_or_else(|| Failure::Error(format!("there is no --{name}")))
    }

    /// Those in the file that was given, if there is one.
    pub(super) fn optional_labels(&self, name: &str) -> Result<Option<Labels>, Failure> {
        self.optional_text(name).map(load_labels).transpose()
    }

    /// The keys of the first map that are selected.
    pub(super) fn keys(&self, name: &str) -> Result<Labels, Failure> {
        let keys = self.map(0).keys();
        let rows = match self.get::<Selection>(name) {
            Some(selection) => selection.rows(keys, "keys")?,
            None => Vec::new(),
        };
        let names: Vec<&str> = keys.names().iter().collect();
        let rows = rows.into_iter().map(|row| keys.rows().row(row));
        Ok(Labels::from_rows(&names, rows)?)
    }

    /// The entries of an axis that are selected, in any of the blocks.
    pub(super) fn selection(&self, axis: &str, name: &str) -> Result<Labels, Failure> {
        let Some(selection) = self.get::<Selection>(name) else {
            return Err(Failure::Error(format!("there is no --{name}")));
        };
        let names: Vec<&str> = selection.names().collect();
        let all = unique_metadata(self.map(0), self.axis(axis), &names, None)?;
        let rows = selection.rows(&all, self.text(axis))?;
        Ok(Labels::from_rows(
            &names,
            rows.into_iter().map(|row| all.rows().row(row)),
        )?)
    }

    pub(super) fn allclose_options(&self) -> AllcloseOptions {
        let default = AllcloseOptions::default();
        AllcloseOptions {
            rtol: self.get("rtol").unwrap_or(default.rtol),
            atol: self.get("atol").unwrap_or(default.atol),
            equal_nan: self.is_set("equal-nan"),
        }
    }

    pub(super) fn equal_metadata_options(&self) -> EqualMetadataOptions {
        let ignored: Vec<String> = self.list("ignore");
        let is_compared = |what: &str| !ignored.iter().any(|other| other == what);
        EqualMetadataOptions {
            samples: is_compared("samples"),
            components: is_compared("components"),
            properties: is_compared("properties"),
            gradients: is_compared("gradients"),
        }
    }

    pub(super) fn lstsq_options(&self) -> LstsqOptions {
        LstsqOptions {
            rcond: self.get("rcond"),
        }
    }
}

/// The gradients to keep: all of them, if nothing is said.
pub(super) fn selected<'n>(names: &'n Option<Vec<&'n str>>) -> GradientSelection<'n> {
    match names.as_deref() {
        None => GradientSelection::All,
        Some([]) => GradientSelection::None,
        Some(names) => GradientSelection::Only(names),
    }
}

/// A single value is for all entries.
pub(super) fn dimension_values(values: &[i32]) -> DimensionValues<'_> {
    match values {
        [value] => DimensionValues::Scalar(*value),
        values => DimensionValues::Array(values),
    }
}
