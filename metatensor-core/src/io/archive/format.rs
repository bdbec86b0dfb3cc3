//! Numbers of the ZIP format.
//!
//! Source: APPNOTE.TXT of PKWARE, version 6.3.10, sections 4.3 and 4.5.

/// The first bytes of the header before each member,
pub(super) const LOCAL_SIGNATURE: u32 = 0x0403_4b50;
/// of its record in the directory,
pub(super) const RECORD_SIGNATURE: u32 = 0x0201_4b50;
/// of the end of the directory,
pub(super) const END_SIGNATURE: u32 = 0x0605_4b50;
/// of what comes before that if its numbers need 64 bits,
pub(super) const END_64_SIGNATURE: u32 = 0x0606_4b50;
/// and of what says where this is.
pub(super) const LOCATOR_SIGNATURE: u32 = 0x0706_4b50;

/// Sizes of all of these, without names, extra fields and comments.
pub(super) const LOCAL_HEADER: usize = 30;
pub(super) const RECORD: usize = 46;
pub(crate) const END: usize = 22;
pub(super) const END_64: usize = 56;
pub(super) const LOCATOR: usize = 20;

/// The numbers that mean "see the 64-bit field".
pub(super) const MAX16: u64 = u16::MAX as u64;
pub(super) const MAX32: u64 = u32::MAX as u64;

/// Flags: the member is encrypted, its sizes and checksum come after its data, the name is UTF-8.
pub(super) const ENCRYPTED: u16 = 1;
pub(super) const STREAMED: u16 = 1 << 3;
pub(super) const UTF8: u16 = 1 << 11;

/// Methods of compression.
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// Identifiers of extra fields: 64-bit numbers, and padding for alignment.
pub(super) const EXTRA_64: u16 = 0x0001;
pub(super) const EXTRA_ALIGNMENT: u16 = 0xd935;

/// The numbers that start at one of the bytes of a record.
pub(super) fn get16<const N: usize>(record: &[u8; N], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

pub(super) fn get32<const N: usize>(record: &[u8; N], at: usize) -> u32 {
    u32::from(get16(record, at)) | u32::from(get16(record, at + 2)) << 16
}

pub(super) fn get64<const N: usize>(record: &[u8; N], at: usize) -> u64 {
    u64::from(get32(record, at)) | u64::from(get32(record, at + 4)) << 32
}

/// The 64-bit numbers in the extra fields of a record or header.
pub(super) struct Wide<'e>(&'e [u8]);

impl<'e> Wide<'e> {
    pub(super) fn find(mut extra: &'e [u8]) -> Wide<'e> {
        while let Some((head, rest)) = extra.split_first_chunk::<4>() {
            let length = usize::from(get16(head, 2));
            let Some((field, rest)) = rest.split_at_checked(length) else {
                break;
            };
            if get16(head, 0) == EXTRA_64 {
                return Wide(field);
            }
            extra = rest;
        }
        Wide(&[])
    }

    pub(super) fn next(&mut self) -> Option<u64> {
        let (number, rest) = self.0.split_first_chunk::<8>()?;
        self.0 = rest;
        Some(get64(number, 0))
    }
}
