//! Files and buffers.
