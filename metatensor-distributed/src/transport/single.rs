//! The transport of a process that is alone.

use metatensor_core::Result;

use super::{Incoming, Messages, Outgoing, Pending, Transport};

/// One rank that nobody talks to.
///
/// ```
/// use metatensor_distributed::transport::{Single, Transport};
/// assert_eq!((Single.rank(), Single.size()), (0, 1));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Single;

struct Nothing;

impl Pending for Nothing {
    fn finish(self: Box<Self>) -> Result<Messages> {
        Ok(Messages::default())
    }
}

impl Transport for Single {
    fn rank(&self) -> usize {
        0
    }

    fn size(&self) -> usize {
        1
    }

    fn max(&self, _: &mut [i64]) -> Result<()> {
        Ok(())
    }

    fn all_to_all(&self, send: &[u8], receive: &mut [u8]) -> Result<()> {
        receive.copy_from_slice(send);
        Ok(())
    }

    fn broadcast(&self, _: usize, _: &mut [u8]) -> Result<()> {
        Ok(())
    }

    fn exchange(&self, _: &[Outgoing<'_>], _: &mut [Incoming<'_>]) -> Result<()> {
        Ok(())
    }

    fn begin(&self, _: Messages) -> Result<Box<dyn Pending>> {
        Ok(Box::new(Nothing))
    }

    fn abort(&self, code: i32) -> ! {
        std::process::exit(code)
    }
}
