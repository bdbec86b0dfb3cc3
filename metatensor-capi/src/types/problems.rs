//! What is wrong with a file.

use std::ffi::{CString, c_char};
use std::marker::PhantomData;
use std::ptr::null;

use metatensor_core::{Problem, Result};

use crate::ffi::{Parameter, c_string, given};

/// Everything that is wrong with a file.
#[derive(Debug)]
pub struct mts_problems_t {
    list: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    member: Option<CString>,
    byte: Option<u64>,
    message: CString,
}

/// Something that is wrong with a file.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct mts_problem_t<'a> {
    /// member of the archive that is concerned, or folder of the block; NULL if it is the file as a whole
    member: *const c_char,
    /// where that is in the file: the header of the member, or a record of the directory; `UINT64_MAX` if nobody knows
    byte: u64,
    /// what is wrong
    message: *const c_char,
    lent: PhantomData<&'a mts_problems_t>,
}

impl mts_problems_t {
    pub(crate) fn boxed(problems: Vec<Problem>) -> Box<mts_problems_t> {
        let entry = |problem: Problem| Entry {
            member: problem.member.map(c_string),
            byte: problem.byte,
            message: c_string(problem.message),
        };
        Box::new(mts_problems_t {
            list: problems.into_iter().map(entry).collect(),
        })
    }

    pub(crate) fn count(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<mts_problem_t<'_>> {
        let entry = self.list.get(index)?;
        Some(mts_problem_t {
            member: entry
                .member
                .as_ref()
                .map_or(null(), |member| member.as_ptr()),
            byte: entry.byte.unwrap_or(u64::MAX),
            message: entry.message.as_ptr(),
            lent: PhantomData,
        })
    }
}

impl<'a> Parameter for Option<&'a mts_problems_t> {
    type Value = &'a mts_problems_t;

    fn checked(self, name: &str) -> Result<Self::Value> {
        given(self, name)
    }
}
