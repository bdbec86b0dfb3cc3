//! References to arrays that are kept where the reference is.

#![expect(unsafe_code, reason = "promises that an array is small")]

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;

/// A pointer to an array, and to the number of times such a pointer was dropped.
#[derive(Debug)]
struct Pointer {
    array: Box<DenseArray>,
    drops: Arc<AtomicUsize>,
}

// SAFETY: these are two pointers that do not change.
unsafe impl SmallArray for Pointer {}

impl Drop for Pointer {
    fn drop(&mut self) {
        self.drops.fetch_add(1, Ordering::Relaxed);
    }
}

impl Pointer {
    fn to_numbers(drops: &Arc<AtomicUsize>) -> ArrayRef {
        ArrayRef::small(Pointer {
            array: Box::new(numbers::<f64>(&[2, 3]).into()),
            drops: Arc::clone(drops),
        })
    }

    fn with(&self, array: DenseArray) -> Box<dyn Array> {
        Box::new(Pointer {
            array: Box::new(array),
            drops: Arc::clone(&self.drops),
        })
    }
}

impl Array for Pointer {
    fn origin(&self) -> Result<Origin> {
        Ok(Origin::register("tests.Pointer"))
    }

    fn device(&self) -> Result<Device> {
        self.array.device()
    }

    fn dtype(&self) -> Result<DType> {
        Array::dtype(&*self.array)
    }

    fn shape(&self) -> Result<&[usize]> {
        Array::shape(&*self.array)
    }

    fn view(&self) -> Result<View<'_>> {
        Array::view(&*self.array)
    }

    fn view_mut(&mut self) -> Result<ViewMut<'_>> {
        self.array.view_mut()
    }

    fn reshape(&mut self, shape: &[usize]) -> Result<()> {
        self.array.reshape(shape)
    }

    fn swap_axes(&mut self, first: usize, second: usize) -> Result<()> {
        self.array.swap_axes(first, second)
    }

    fn create(&self, shape: &[usize], fill_value: &dyn Array) -> Result<Box<dyn Array>> {
        Ok(self.with(self.array.filled_like(shape, fill_value)?))
    }

    fn copy(&self, _: Device) -> Result<Box<dyn Array>> {
        Ok(self.with(DenseArray::copy_of(&self.array.view())?))
    }

    fn move_data(&mut self, input: &dyn Array, movements: &[DataMovement]) -> Result<()> {
        self.array.move_data(input, movements)
    }

    fn to_dlpack(&self, device: Device) -> Result<Dlpack> {
        self.array.to_dlpack(device)
    }

    fn adopt_dlpack(&self, tensor: Dlpack) -> Result<Box<dyn Array>> {
        Ok(self.with(DenseArray::from_dlpack(tensor)?))
    }
}

#[test]
fn small_arrays_are_dropped_once_with_their_last_owner() {
    let drops = Arc::new(AtomicUsize::new(0));
    drop(Pointer::to_numbers(&drops));
    assert_eq!(drops.load(Ordering::Relaxed), 1);

    let first = Pointer::to_numbers(&drops);
    let moved = first;
    let second = moved.clone();
    let third = second.clone();
    assert!(moved.is_shared() && second.is_shared());
    assert!(moved.is_same(&second) && third.is_same(&moved));
    drop(moved);
    drop(third);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert!(!second.is_shared());
    assert_eq!(second.shape().unwrap(), [2, 3]);
    drop(second);
    assert_eq!(drops.load(Ordering::Relaxed), 2);
}

#[test]
fn small_arrays_are_copied_when_an_owner_changes_them() {
    let drops = Arc::new(AtomicUsize::new(0));
    let mut first = Pointer::to_numbers(&drops);
    first.make_mut().unwrap().reshape(&[3, 2]).unwrap();
    assert!(first.downcast_ref::<Pointer>().is_some());

    let mut second = first.clone();
    first.make_mut().unwrap().reshape(&[6]).unwrap();
    assert!(!first.is_same(&second) && !second.is_shared());
    assert_eq!(second.shape().unwrap(), [3, 2]);

    // the only owner again
    second.make_mut().unwrap().reshape(&[1, 6]).unwrap();
    assert_eq!(second.shape().unwrap(), [1, 6]);
    assert_eq!(first.shape().unwrap(), [6]);
    assert_eq!(drops.load(Ordering::Relaxed), 0);
    drop((first, second));
    assert_eq!(drops.load(Ordering::Relaxed), 2);
}

#[test]
fn small_arrays_get_their_second_owner_on_any_thread() {
    let drops = Arc::new(AtomicUsize::new(0));
    let array = Pointer::to_numbers(&drops);
    let clones: Vec<_> = std::thread::scope(|scope| {
        let clone = || (0..100).map(|_| array.clone()).collect::<Vec<_>>();
        let threads: Vec<_> = (0..4).map(|_| scope.spawn(clone)).collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    assert!(clones.iter().all(|clone| clone.is_same(&array)));
    drop(array);
    assert_eq!(clones[0].dtype().unwrap(), DType::F64);
    drop(clones);
    assert_eq!(drops.load(Ordering::Relaxed), 1);
}
