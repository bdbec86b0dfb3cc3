//! Arrays of another kind than the native ones.

use metatensor_core::internal::RowCheck;
use metatensor_core::{
    Array, ArrayRef, DType, DataMovement, DenseArray, Device, Dlpack, Error, Labels, Origin,
    Result, TensorBlock, TensorMap, View, ViewMut,
};

use super::redistribute;
use crate::{Order, run_local};

/// A device whose data nobody but its owner can read.
const ELSEWHERE: Device = Device { kind: 2, id: 0 };

/// An array of a kind of its own, on some device.
#[derive(Debug)]
struct Foreign(DenseArray, Device);

impl Foreign {
    fn array(array: DenseArray, device: Device) -> ArrayRef {
        ArrayRef::from(Box::new(Foreign(array, device)) as Box<dyn Array>)
    }

    fn only_here(&self) -> Result<()> {
        match self.1.is_cpu() {
            true => Ok(()),
            false => Err(Error::unsupported("elements are on another device")),
        }
    }
}

impl Array for Foreign {
    fn origin(&self) -> Result<Origin> {
        Ok(Origin::register("tests.movement.Foreign"))
    }

    fn device(&self) -> Result<Device> {
        Ok(self.1)
    }

    fn dtype(&self) -> Result<DType> {
        Ok(self.0.dtype())
    }

    fn shape(&self) -> Result<&[usize]> {
        Ok(self.0.shape())
    }

    fn view(&self) -> Result<View<'_>> {
        self.only_here()?;
        Ok(self.0.view())
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.only_here()?;
        self.0.view_mut()
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.0.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.0.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], _: &dyn Array) -> Result<Box<dyn Array>> {
        Ok(Box::new(Foreign(
            DenseArray::zeros(self.0.dtype(), shape)?,
            self.1,
        )))
    }

    fn copy(&self, device: Device) -> Result<Box<dyn Array>> {
        Ok(Box::new(Foreign(self.0.clone(), device)))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        self.0.move_data(input, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        self.only_here()?;
        self.0.to_dlpack(device)
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(Box::new(Foreign(
            DenseArray::from_dlpack(tensor)?,
            Device::CPU,
        )))
    }
}

fn map(rank: i32, make: fn(DenseArray) -> ArrayRef) -> TensorMap {
    let samples = Labels::new(["system", "atom"], [[rank, 0], [rank, 1]]).unwrap();
    let properties = Labels::range("n", 2).unwrap();
    let values = make(DenseArray::from(ndarray::arr2(&[[1.0, 2.0], [3.0, 4.0]])));
    let mut block = TensorBlock::new(values, &samples, [], &properties).unwrap();
    let rows = Labels::new(["sample"], [[1]]).unwrap();
    let values = make(DenseArray::from(ndarray::arr2(&[[5.0, 6.0]])));
    block
        .add_gradient(
            "strain",
            TensorBlock::new(values, rows, [], &properties).unwrap(),
        )
        .unwrap();
    TensorMap::new(Labels::single(), vec![block]).unwrap()
}

#[test]
fn results_are_of_the_kind_of_the_local_map() {
    let kinds: [fn(DenseArray) -> ArrayRef; 2] =
        [|array| Foreign::array(array, Device::CPU), ArrayRef::from];
    let origins = run_local(2, |communicator| {
        let rank = communicator.rank();
        let map = map(rank as i32, kinds[rank]);
        let moved = redistribute(&communicator, Some(&map), &[vec![1, 0]], Order::Source).unwrap();
        let all = communicator.all_gather(&map, Order::Labels).unwrap();
        let mine = communicator.broadcast(1, Some(&map)).unwrap();
        for result in [&moved, &all, &mine] {
            let block = &result.blocks()[0];
            let gradient = block.gradient("strain").unwrap();
            assert_eq!(block.origin().unwrap(), map.blocks()[0].origin().unwrap());
            assert_eq!(
                gradient.origin().unwrap(),
                map.blocks()[0].origin().unwrap()
            );
        }
        let block = &moved.blocks()[0];
        let first = [[3.0, 4.0], [1.0, 2.0]][rank];
        assert_eq!(
            *block.values_as::<f64>().unwrap(),
            ndarray::arr2(&[first, first]).into_dyn()
        );
        let gradients = block
            .gradient("strain")
            .unwrap()
            .samples()
            .column("sample")
            .unwrap();
        assert_eq!(gradients, [&[0, 1][..], &[]][rank]);
        moved.blocks()[0]
            .origin()
            .unwrap()
            .name()
            .unwrap()
            .to_string()
    });
    assert_eq!(origins, ["tests.movement.Foreign", "RustArray"]);
}

#[test]
fn arrays_on_devices_are_refused() {
    let on_device = |labels: &Labels| {
        let names: Vec<_> = labels.names().iter().collect();
        let array = Foreign::array(DenseArray::from(labels.values().to_owned()), ELSEWHERE);
        Labels::from_storage(&names, array, RowCheck::AssumeUnique).unwrap()
    };
    let errors = run_local(3, |communicator| {
        let map = match communicator.rank() {
            2 => {
                let values =
                    Foreign::array(DenseArray::from(ndarray::arr2(&[[1.0], [2.0]])), ELSEWHERE);
                let samples =
                    on_device(&Labels::new(["system", "atom"], [[5, 0], [5, 1]]).unwrap());
                let block =
                    TensorBlock::new(values, samples, [], on_device(&Labels::single())).unwrap();
                TensorMap::new(on_device(&Labels::single()), vec![block]).unwrap()
            }
            rank => map(rank as i32, ArrayRef::from),
        };
        communicator
            .gather(0, &map, Order::Source)
            .unwrap_err()
            .to_string()
    });
    for error in errors {
        assert!(error.starts_with("unsupported: rank 2: "), "{error}");
    }
}
