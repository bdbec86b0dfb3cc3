//! Blocks whose arrays come in pieces of rows.

use super::MapWriter;
use super::open_block::{OpenArray, OpenBlock, assemble, shell};
use crate::io::npy::{self, Descr, Header, Scalar};
use crate::io::save::Saver;
use crate::tensor::check_same_form;
use crate::{ArrayRef, DType, Error, Labels, Result};

impl MapWriter {
    /// Starts a block with this key, whose values come in pieces of rows: for blocks that are larger than memory, or that have
    /// as many samples as there will be.
    ///
    /// After this come [`push_rows`](MapWriter::push_rows) as often as needed, and [`end_rows`](MapWriter::end_rows) with the
    /// samples; then the same for each gradient, after [`begin_gradient`](MapWriter::begin_gradient); and then
    /// [`end_block`](MapWriter::end_block), without which there is no such block. What does not fit is refused, and changes
    /// nothing; if the file can not be written, the whole block is taken back.
    ///
    /// ```
    /// # use metatensor_core::{DType, Labels, MapWriter, Result, TensorMap};
    /// # use ndarray::{Array2, Array3};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let mut writer = MapWriter::create(&path, &["center_type"])?;
    /// writer.begin_block(&[6], DType::F64, &[], &Labels::range("n", 8)?)?;
    /// for _ in 0..10 {
    ///     writer.push_rows(Array2::<f64>::zeros((100, 8)))?;
    /// }
    /// writer.end_rows(&Labels::range("structure", 1000)?)?;
    ///
    /// let xyz = Labels::range("xyz", 3)?;
    /// writer.begin_gradient(&["positions"], &[xyz])?;
    /// writer.push_rows(Array3::<f64>::zeros((2, 3, 8)))?;
    /// writer.end_rows(&Labels::new(["sample", "atom"], [[0, 0], [999, 4]])?)?;
    /// writer.end_block()?;
    /// writer.finish()?;
    ///
    /// let map = TensorMap::load(&path)?;
    /// assert_eq!(map.block_by_id(0)?.shape(), [1000, 8]);
    /// assert_eq!(map.block_by_id(0)?.gradient("positions")?.shape(), [2, 3, 8]);
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`MapWriter::add`], as far as this can be told by now, or if another block was not ended.
    pub fn begin_block(
        &mut self,
        key: &[i32],
        dtype: DType,
        components: &[Labels],
        properties: &Labels,
    ) -> Result<()> {
        self.file.check_usable()?;
        self.keys.check(key)?;
        let samples: &[&str] = &[];
        let new = shell(dtype, samples, components, properties)?;
        if let Some(form) = &self.form {
            // without what comes later
            let expected = shell(form.dtype(), samples, form.components(), form.properties())?;
            check_same_form(&expected, &new).map_err(|error| self.other_form(key, error))?;
        }
        let mark = self.start_change()?;
        let mut block = OpenBlock {
            key: key.to_vec(),
            mark,
            dtype,
            properties: properties.clone(),
            array: None,
            parts: Vec::new(),
        };
        let started = self.start_array(&block, Vec::new(), components);
        match started {
            Ok(array) => {
                block.array = Some(array);
                self.open = Some(block);
                Ok(())
            }
            Err(error) => Err(self.file.take_back(&block.mark, error)),
        }
    }

    /// Writes the next rows of the values, or of the gradient that was begun: an array with any number of rows, and as many
    /// components and properties as there are.
    ///
    /// ```
    /// # use metatensor_core::{DType, Labels, MapWriter, Result};
    /// # use ndarray::Array2;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let mut writer = MapWriter::create(directory.path().join("map.mts"), &["k"])?;
    /// writer.begin_block(&[0], DType::F64, &[], &Labels::range("n", 8)?)?;
    /// writer.push_rows(Array2::<f64>::zeros((100, 8)))?;
    /// assert!(writer.push_rows(Array2::<f64>::zeros((100, 9))).is_err());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If nothing was begun, if the array has another shape or data type, or is not in main memory, or if the file can not
    /// be written.
    pub fn push_rows(&mut self, rows: impl Into<ArrayRef>) -> Result<()> {
        self.file.check_usable()?;
        let rows = rows.into();
        let Some(OpenBlock {
            array: Some(array),
            dtype,
            mark,
            ..
        }) = &mut self.open
        else {
            return Err(Error::invalid(
                "rows can only be added after a block or a gradient was begun",
            ));
        };
        let view = rows.view()?;
        if view.dtype() != *dtype {
            return Err(Error::invalid(format!(
                "expected rows of {dtype}, got {}",
                view.dtype()
            )));
        }
        if view.shape().len() != array.shape.len() || view.shape()[1..] != array.shape[1..] {
            return Err(Error::invalid(format!(
                "expected rows of shape {:?}, got an array of shape {:?}",
                &array.shape[1..],
                view.shape()
            )));
        }
        if *dtype == DType::BOOL8 {
            view.typed::<bool>()?;
        }
        let count = view.shape()[0];
        let written = self.file.archive.grow(&mut array.member, &view);
        match written {
            Ok(()) => {
                array.shape[0] += count;
                Ok(())
            }
            Err(error) => {
                let error = self.file.take_back(mark, error);
                self.open = None;
                Err(error)
            }
        }
    }

    /// Ends the rows of the values, or of the gradient that was begun: these are their samples.
    ///
    /// ```
    /// # use metatensor_core::{DType, Labels, MapWriter, Result};
    /// # use ndarray::Array2;
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let mut writer = MapWriter::create(directory.path().join("map.mts"), &["k"])?;
    /// writer.begin_block(&[0], DType::F64, &[], &Labels::range("n", 8)?)?;
    /// writer.push_rows(Array2::<f64>::zeros((100, 8)))?;
    /// assert!(writer.end_rows(&Labels::range("atom", 99)?).is_err());
    /// writer.end_rows(&Labels::range("atom", 100)?)?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If there are more or fewer samples than rows, if samples of a gradient refer to others than those of the values, or
    /// if the file can not be written.
    pub fn end_rows(&mut self, samples: &Labels) -> Result<()> {
        self.file.check_usable()?;
        let mut block = self.open_block()?;
        let Some(array) = block.array.take() else {
            self.open = Some(block);
            return Err(Error::invalid("there are no rows to end"));
        };
        let part = match block.check_rows(&array, samples) {
            Ok(part) => part,
            Err(error) => {
                block.array = Some(array);
                self.open = Some(block);
                return Err(error);
            }
        };
        match self.write_rows(&block, array, samples) {
            Ok(()) => {
                block.parts.push(part);
                self.open = Some(block);
                Ok(())
            }
            Err(error) => Err(self.file.take_back(&block.mark, error)),
        }
    }

    /// Starts a gradient of the block that was begun, whose rows come next. `parameters` is the parameter of a gradient of
    /// the values, or of a gradient of a gradient after those of what it is a gradient of. The last of its components are
    /// those of the values.
    ///
    /// ```
    /// # use metatensor_core::{DType, Labels, MapWriter, Result};
    /// # use ndarray::{Array2, Array3};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let mut writer = MapWriter::create(directory.path().join("map.mts"), &["k"])?;
    /// # let xyz = Labels::range("xyz", 3)?;
    /// # let samples = Labels::new(["sample"], [[0]])?;
    /// writer.begin_block(&[0], DType::F64, &[], &Labels::range("n", 8)?)?;
    /// writer.push_rows(Array2::<f64>::zeros((1, 8)))?;
    /// writer.end_rows(&Labels::single())?;
    /// writer.begin_gradient(&["positions"], &[xyz.clone()])?;
    /// writer.push_rows(Array3::<f64>::zeros((1, 3, 8)))?;
    /// writer.end_rows(&samples)?;
    /// // the gradient of this gradient with respect to the cell, without rows
    /// writer.begin_gradient(&["positions", "cell"], &[xyz])?;
    /// writer.end_rows(&Labels::empty(&["sample"])?)?;
    /// writer.end_block()?;
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If no block was begun, if its rows were not ended, if there is such a gradient already, or nothing that it could be
    /// a gradient of, if the components are not those, or if the file can not be written.
    pub fn begin_gradient(&mut self, parameters: &[&str], components: &[Labels]) -> Result<()> {
        self.file.check_usable()?;
        let mut block = self.open_block()?;
        let checked = block.check_gradient(parameters, components);
        let started = checked.and_then(|()| {
            let parameters = parameters.iter().map(|&name| name.to_owned()).collect();
            self.start_array(&block, parameters, components)
        });
        match started {
            Ok(array) => {
                block.array = Some(array);
                self.open = Some(block);
                Ok(())
            }
            Err(error @ Error::Io { .. }) => Err(self.file.take_back(&block.mark, error)),
            Err(error) => {
                self.open = Some(block);
                Err(error)
            }
        }
    }

    /// Ends the block that was begun. Now it is one of the map.
    ///
    /// # Errors
    ///
    /// If no block was begun, if its rows were not ended, or if it does not have the names and gradients of the blocks
    /// before. Then the whole block is taken back, and another one can be begun.
    pub fn end_block(&mut self) -> Result<()> {
        self.file.check_usable()?;
        let block = self.open_block()?;
        if block.array.is_some() {
            self.open = Some(block);
            return Err(Error::invalid("the rows of this block were not ended"));
        }
        let OpenBlock {
            key, mark, parts, ..
        } = block;
        let fits = assemble(parts).and_then(|form| {
            self.check_form(&form)
                .map_err(|error| self.other_form(&key, error))
        });
        match fits {
            Ok(()) => {
                self.keys.push(&key);
                Ok(())
            }
            Err(error) => Err(self.file.take_back(&mark, error)),
        }
    }

    /// Forgets the block that was begun, if there is one.
    ///
    /// ```
    /// # use metatensor_core::{DType, Labels, MapWriter, Result, TensorMap};
    /// # let directory = tempfile::tempdir().unwrap();
    /// # let path = directory.path().join("map.mts");
    /// let mut writer = MapWriter::create(&path, &["center_type"])?;
    /// writer.begin_block(&[6], DType::F64, &[], &Labels::range("n", 8)?)?;
    /// writer.abandon_block()?;
    /// writer.finish()?;
    /// assert!(TensorMap::load(&path)?.is_empty());
    /// # Ok::<(), metatensor_core::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the file is of no use any more.
    pub fn abandon_block(&mut self) -> Result<()> {
        match self.open.take() {
            Some(block) => self.file.go_back_to(&block.mark),
            None => Ok(()),
        }
    }

    fn open_block(&mut self) -> Result<OpenBlock> {
        let block = self.open.take();
        block.ok_or_else(|| Error::invalid("no block was begun"))
    }

    fn start_array(
        &mut self,
        block: &OpenBlock,
        parameters: Vec<String>,
        components: &[Labels],
    ) -> Result<OpenArray> {
        let mut shape = vec![usize::MAX];
        shape.extend(components.iter().map(Labels::count));
        shape.push(block.properties.count());
        let name = [&self.prefix(&parameters), "values.npy"].concat();
        // there is enough space for any number of rows
        let header = npy::write(&header(block.dtype, &shape));
        let reserved = header.map_err(|error| error.context(format!("'{name}'")))?;
        let member = self.file.archive.start_member(&name, &reserved)?;
        shape[0] = 0;
        Ok(OpenArray {
            parameters,
            components: components.to_vec(),
            member,
            reserved: reserved.len(),
            shape,
        })
    }

    /// Writes the rest of what belongs to an array.
    fn write_rows(&mut self, block: &OpenBlock, array: OpenArray, samples: &Labels) -> Result<()> {
        let prefix = self.prefix(&array.parameters);
        let header = npy::write_in(&header(block.dtype, &array.shape), array.reserved)?;
        self.file.archive.finish_member(array.member, &header)?;
        let properties = array.parameters.is_empty().then_some(&block.properties);
        let mut saver = Saver::new(&mut self.file.archive);
        saver.inside(format_args!("{prefix}"), |saver| {
            saver.axes(0, samples, &array.components, properties)
        })
    }

    /// What the names of the members of the open block start with, or of a gradient of it.
    fn prefix(&self, parameters: &[String]) -> String {
        let mut prefix = format!("blocks/{}/", self.keys.count());
        for parameter in parameters {
            prefix.extend(["gradients/", parameter, "/"]);
        }
        prefix
    }
}

fn header(dtype: DType, shape: &[usize]) -> Header {
    Header {
        descr: Descr::Scalar(Scalar::native(dtype)),
        fortran_order: false,
        shape: shape.into(),
    }
}
