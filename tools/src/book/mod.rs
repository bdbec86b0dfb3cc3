//! The book in `docs/book`: its pages, as they are written and as they are built.

pub mod build;
pub mod links;
pub mod pages;
pub mod snippets;
