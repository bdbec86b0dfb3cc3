//! One object for all labels that are equal.

use std::collections::HashMap;

use metatensor_core::{Labels, Names, Result};

use crate::communicator::Hasher;

/// Labels without repetitions. Blocks mostly share theirs, so that they are found by their address first.
#[derive(Debug, Default)]
pub(super) struct DistinctLabels {
    labels: Vec<Labels>,
    /// By where the rows are, and their number. These belong to maps that live as long as this.
    by_address: HashMap<(usize, usize), usize>,
    by_hash: HashMap<u64, Vec<usize>>,
    /// Labels with nothing but names. There are as many as depths of gradients, as a rule.
    without_rows: Vec<Labels>,
}

impl DistinctLabels {
    /// Those of these labels that were here first.
    pub(super) fn unified(&mut self, labels: &Labels) -> Labels {
        if labels.is_empty() {
            return self.unified_without_rows(labels);
        }
        let rows = labels.rows();
        let address = (rows.values().as_ptr().addr(), rows.values().len());
        if let Some(&known) = self.by_address.get(&address)
            && self.labels[known].names() == labels.names()
        {
            return self.labels[known].clone();
        }
        let candidates = self.by_hash.entry(hash(labels)).or_default();
        let found = candidates.iter().find(|&&i| self.labels[i] == *labels);
        let found = found.copied().unwrap_or_else(|| {
            candidates.push(self.labels.len());
            self.labels.push(labels.clone());
            self.labels.len() - 1
        });
        self.by_address.insert(address, found);
        self.labels[found].clone()
    }

    /// Labels with these names, and without rows.
    pub(super) fn without_rows(&mut self, names: &Names) -> Result<Labels> {
        let known = self.without_rows.iter();
        if let Some(labels) = known.clone().find(|labels| labels.names() == names) {
            return Ok(labels.clone());
        }
        let labels = Labels::empty(&names.to_vec())?;
        self.without_rows.push(labels.clone());
        Ok(labels)
    }

    fn unified_without_rows(&mut self, labels: &Labels) -> Labels {
        let known = self.without_rows.iter();
        if let Some(known) = known.clone().find(|known| **known == *labels) {
            return known.clone();
        }
        self.without_rows.push(labels.clone());
        labels.clone()
    }

    /// Labels of a message: they are used if there are no equal ones here.
    pub(super) fn received(&mut self, labels: Labels) -> Labels {
        if labels.is_empty() {
            return self.unified_without_rows(&labels);
        }
        // Not by the address: it is used again when these labels are gone.
        let candidates = self.by_hash.entry(hash(&labels)).or_default();
        if let Some(&known) = candidates.iter().find(|&&i| self.labels[i] == labels) {
            return self.labels[known].clone();
        }
        candidates.push(self.labels.len());
        self.labels.push(labels.clone());
        labels
    }
}

fn hash(labels: &Labels) -> u64 {
    let mut hasher = Hasher::default();
    hasher.labels(labels);
    hasher.finish()
}
