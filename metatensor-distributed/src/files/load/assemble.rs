//! The rows of this rank, read from the file.

use metatensor_core::internal::files::{MapParts, PartReader, PartSum};
use metatensor_core::{ArrayRef, DType, DenseArray, Error, Labels, Result, TensorBlock, TensorMap};

use super::Create;
use crate::schema::{BlockSchema, Schema};

/// Makes the map of this rank.
pub(super) struct Assembly<'a, 'c> {
    reader: PartReader,
    schema: &'a Schema,
    create: Option<&'a mut Create<'c>>,
    sums: Sums,
}

/// Checksums of what was read of arrays.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// Names of all arrays that ranks read in parts, the same on all of them.
    pub(super) names: Vec<String>,
    /// Of the arrays with these numbers.
    pub(super) own: Vec<(usize, PartSum)>,
}

impl<'a, 'c> Assembly<'a, 'c> {
    pub(super) fn new(
        file: &MapParts,
        schema: &'a Schema,
        create: Option<&'a mut Create<'c>>,
    ) -> Self {
        Assembly {
            reader: file.reader(),
            schema,
            create,
            sums: Sums::default(),
        }
    }

    pub(super) fn into_sums(self) -> Sums {
        self.sums
    }

    /// Reads the rows whose numbers are in `rows`. All other blocks are in `whole`.
    pub(super) fn read(
        &mut self,
        rows: Option<&TensorMap>,
        whole: Option<&TensorMap>,
    ) -> Result<TensorMap> {
        let keys = &self.schema.keys;
        let dtype = self.schema.dtype.unwrap_or(DType::F64);
        let mut blocks = Vec::with_capacity(keys.count());
        for (i, schema) in self.schema.blocks.iter().enumerate() {
            let key = keys.rows().row(i);
            let block = match (find(rows, key)?, find(whole, key)?) {
                (Some(numbers), _) => self.block(format!("blocks/{i}/"), schema, numbers, dtype)?,
                (None, Some(block)) => match &mut self.create {
                    Some(create) => with_arrays(block, create)?,
                    None => block.clone(),
                },
                (None, None) => return Err(Error::Internal("a block was not sent".to_owned())),
            };
            blocks.push(block);
        }
        let mut map = TensorMap::new(keys, blocks)?;
        *map.info_mut() = self.schema.info.iter().cloned().collect();
        Ok(map)
    }

    /// The rows of a block whose numbers are the values of `numbers`, and of its gradients.
    fn block(
        &mut self,
        prefix: String,
        schema: &BlockSchema,
        numbers: &TensorBlock,
        dtype: DType,
    ) -> Result<TensorBlock> {
        let name = [&prefix, "values.npy"].concat();
        let rows: Vec<u32> = numbers.values_as::<u32>()?.iter().copied().collect();
        let values = match rows.is_empty() {
            true => self.empty(schema, dtype)?,
            false => {
                let create = self
                    .create
                    .as_deref_mut()
                    .map(|create| create as &mut Create<'_>);
                let (values, sum) = self.reader.rows(&name, rows, create)?;
                self.sums
                    .own
                    .extend(sum.map(|sum| (self.sums.names.len(), sum)));
                values
            }
        };
        self.sums.names.push(name);
        let mut block = TensorBlock::new(
            values,
            numbers.samples(),
            &schema.components,
            &schema.properties,
        )?;
        for (parameter, gradient) in &schema.gradients {
            let prefix = format!("{prefix}gradients/{parameter}/");
            let gradient = self.block(prefix, gradient, numbers.gradient(parameter)?, dtype)?;
            block.add_gradient(parameter, gradient)?;
        }
        Ok(block)
    }

    /// An array without rows.
    fn empty(&mut self, schema: &BlockSchema, dtype: DType) -> Result<ArrayRef> {
        let lengths = schema.components.iter().chain([&schema.properties]);
        let shape: Vec<_> = [0].into_iter().chain(lengths.map(Labels::count)).collect();
        match &mut self.create {
            Some(create) => Ok(create(&shape, dtype)?.into()),
            None => Ok(DenseArray::zeros(dtype, &shape)?.into()),
        }
    }
}

fn find<'m>(map: Option<&'m TensorMap>, key: &[i32]) -> Result<Option<&'m TensorBlock>> {
    let position = map.and_then(|map| Some((map, map.keys().position(key)?)));
    position
        .map(|(map, position)| map.block_by_id(position))
        .transpose()
}

/// The same block in arrays made by `create`.
fn with_arrays(block: &TensorBlock, create: &mut Create<'_>) -> Result<TensorBlock> {
    let mut array = create(&block.shape(), block.dtype())?;
    array.view_mut()?.copy_from(&block.view()?)?;
    let mut made = TensorBlock::new(
        ArrayRef::from(array),
        block.samples(),
        block.components(),
        block.properties(),
    )?;
    for (parameter, gradient) in block.gradients() {
        made.add_gradient(parameter, with_arrays(gradient, create)?)?;
    }
    Ok(made)
}
