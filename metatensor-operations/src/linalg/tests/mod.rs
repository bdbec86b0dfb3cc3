//! Tests of linear algebra.

mod dot;
