//! What is known of blocks without their values.

use metatensor_core::internal::files::Placement;
use metatensor_core::{BlockHeader, DType, MapFile, Result, TensorBlock};

/// Bytes of the values and gradients of each of these blocks.
pub(crate) fn bytes_of(map: &MapFile, blocks: impl IntoIterator<Item = usize>) -> Result<Vec<u64>> {
    let headers = map.block_headers(blocks)?;
    let bytes = headers
        .iter()
        .map(|header| Ok(Outline::of_header(header)?.bytes()));
    bytes.collect()
}

/// The sum of what headers claim, of which each may be as large as any memory, and there may be no data at all.
pub(crate) fn total(bytes: impl IntoIterator<Item = u64>) -> u64 {
    bytes.into_iter().fold(0, u64::saturating_add)
}

/// Type and shape of a block, and of its gradients.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Outline {
    pub(crate) dtype: DType,
    pub(crate) shape: Vec<usize>,
    /// Where the values are in the file, if they come from one.
    pub(crate) placement: Option<Placement>,
    pub(crate) gradients: Vec<(String, Outline)>,
}

impl Outline {
    pub(crate) fn of_header(header: &BlockHeader) -> Result<Outline> {
        let gradients = header.gradients_list().iter().map(|parameter| {
            let gradient = header.gradient(parameter)?;
            Ok((parameter.clone(), Outline::of_header(&gradient)?))
        });
        Ok(Outline {
            dtype: header.dtype(),
            shape: header.shape().to_vec(),
            placement: Some(header.placement()),
            gradients: gradients.collect::<Result<_>>()?,
        })
    }

    pub(crate) fn of_block(block: &TensorBlock) -> Result<Outline> {
        let gradients = block.gradients_list().iter().map(|parameter| {
            let gradient = Outline::of_block(block.gradient(parameter)?)?;
            Ok((parameter.to_owned(), gradient))
        });
        Ok(Outline {
            dtype: block.dtype(),
            shape: block.shape(),
            placement: None,
            gradients: gradients.collect::<Result<_>>()?,
        })
    }

    /// Bytes of the values and of all gradients, or the largest number if headers claim even more.
    pub(crate) fn bytes(&self) -> u64 {
        self.value_bytes().saturating_add(self.gradient_bytes())
    }

    /// Bytes of the values.
    pub(crate) fn value_bytes(&self) -> u64 {
        let lengths = self.shape.iter().map(|&length| length as u64);
        // where there are no elements, nothing limits the other lengths
        match self.shape.contains(&0) {
            true => 0,
            false => lengths.fold(self.dtype.size() as u64, u64::saturating_mul),
        }
    }

    /// Bytes of all gradients, and of theirs.
    pub(crate) fn gradient_bytes(&self) -> u64 {
        total(self.gradients.iter().map(|(_, gradient)| gradient.bytes()))
    }

    /// Shows all gradients, and theirs, to `visit`, with their paths: `positions/strain`.
    pub(crate) fn each_gradient<'a>(&'a self, visit: &mut impl FnMut(&str, &'a Outline)) {
        self.each_below(&mut String::new(), visit);
    }

    fn each_below<'a>(&'a self, path: &mut String, visit: &mut impl FnMut(&str, &'a Outline)) {
        let length = path.len();
        for (parameter, gradient) in &self.gradients {
            if length > 0 {
                path.push('/');
            }
            path.push_str(parameter);
            visit(path, gradient);
            gradient.each_below(path, visit);
            path.truncate(length);
        }
    }

    /// All gradients with their paths.
    pub(crate) fn all_gradients(&self) -> Vec<(String, &Outline)> {
        let mut all = Vec::new();
        self.each_gradient(&mut |path, gradient| all.push((path.to_owned(), gradient)));
        all
    }
}
