//! Errors as bytes, for other ranks.

use metatensor_core::{Error, Result};

/// Longest message of an error that other ranks get, in bytes.
pub(super) const MAX_MESSAGE: usize = 4096;

/// Codes of kinds of errors, which only have to be the same in all processes of one program.
pub(crate) fn code(error: &Error) -> i32 {
    match error {
        Error::InvalidParameter(_) => 1,
        Error::Io { .. } => 2,
        Error::Serialization(_) | Error::WrongContents(_) => 3,
        Error::BufferSize(_) => 4,
        Error::NotEqual(_) => 16,
        Error::Unsupported(_) => 17,
        Error::LinearAlgebra(_) => 18,
        Error::Communication(_) => 19,
        Error::Callback(_) => 254,
        _ => 255,
    }
}

/// The code of an error, and its message without its kind.
pub(super) fn encode(error: &Error) -> (i32, Vec<u8>) {
    let message = match error {
        // The system's number comes last: others make the same words of it.
        Error::Io { context, cause } => {
            let number = cause.raw_os_error().unwrap_or(0);
            let mut bytes = number.to_ne_bytes().to_vec();
            let cause = cause.to_string();
            let context = cut(context, MAX_MESSAGE / 2);
            bytes.extend((context.len() as u32).to_ne_bytes());
            bytes.extend(context.bytes());
            bytes.extend(cause.bytes());
            bytes
        }
        Error::WrongContents(wrong) => wrong.to_string().into_bytes(),
        Error::InvalidParameter(message)
        | Error::Serialization(message)
        | Error::BufferSize(message)
        | Error::NotEqual(message)
        | Error::Unsupported(message)
        | Error::LinearAlgebra(message)
        | Error::Communication(message)
        | Error::Callback(message)
        | Error::Internal(message) => message.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    let message = match String::from_utf8(message) {
        Ok(text) => cut(&text, MAX_MESSAGE).as_bytes().to_vec(),
        Err(bytes) => bytes.into_bytes().into_iter().take(MAX_MESSAGE).collect(),
    };
    (code(error), message)
}

/// The start of a text, at most `length` bytes.
fn cut(text: &str, length: usize) -> &str {
    &text[..text.floor_char_boundary(length)]
}

/// The error of a rank that `encode` was given on.
pub(crate) fn decode(rank: usize, code: i32, message: &[u8]) -> Error {
    let text = || format!("rank {rank}: {}", String::from_utf8_lossy(message));
    match code {
        1 => Error::InvalidParameter(text()),
        2 => decode_io(message)
            .unwrap_or_else(|| Error::Internal(text()))
            .context(format!("rank {rank}")),
        3 => Error::Serialization(text()),
        4 => Error::BufferSize(text()),
        16 => Error::NotEqual(text()),
        17 => Error::Unsupported(text()),
        18 => Error::LinearAlgebra(text()),
        19 => Error::Communication(text()),
        254 => Error::Callback(text()),
        _ => Error::Internal(text()),
    }
}

fn decode_io(message: &[u8]) -> Option<Error> {
    let (number, rest) = message.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let (context, cause) = rest.split_at_checked(u32::from_ne_bytes(*length) as usize)?;
    let cause = match i32::from_ne_bytes(*number) {
        0 => std::io::Error::other(String::from_utf8_lossy(cause).into_owned()),
        number => std::io::Error::from_raw_os_error(number),
    };
    Some(Error::Io {
        context: String::from_utf8_lossy(context).into_owned(),
        cause,
    })
}

/// The result of a function that may panic.
pub(crate) fn caught<T>(function: impl FnOnce() -> Result<T>) -> Result<T> {
    // What the function changed is not used after a panic: it is an error that ends the call.
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(function)).unwrap_or_else(|panic| {
        let message = if let Some(text) = panic.downcast_ref::<&str>() {
            text
        } else if let Some(text) = panic.downcast_ref::<String>() {
            text
        } else {
            "no message"
        };
        Err(Error::Internal(format!("panic: {message}")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_keep_kind_and_words() {
        for error in [
            Error::invalid("é"),
            Error::serialization("b"),
            Error::BufferSize("c".into()),
            Error::NotEqual("d".into()),
            Error::unsupported("e"),
            Error::LinearAlgebra("f".into()),
            Error::Communication("g".into()),
            Error::Callback("h".into()),
            Error::Internal("i".into()),
            Error::Io {
                context: "could not open 'x'".into(),
                cause: std::io::Error::from_raw_os_error(2),
            },
            Error::Io {
                context: "could not open 'x'".into(),
                cause: std::io::Error::other("no"),
            },
        ] {
            let (code, message) = encode(&error);
            let decoded = decode(3, code, &message).to_string();
            assert_eq!(decoded, error.context("rank 3").to_string());
        }
    }

    #[test]
    fn long_messages_are_cut_between_characters() {
        let (_, message) = encode(&Error::invalid("é".repeat(MAX_MESSAGE)));
        assert_eq!(message.len(), MAX_MESSAGE);
        let (_, message) = encode(&Error::invalid("é".repeat(MAX_MESSAGE) + "x"));
        assert!(String::from_utf8(message).is_ok());
    }

    #[test]
    fn panics_are_errors() {
        let error = caught::<()>(|| panic!("oh")).unwrap_err();
        assert_eq!(error.to_string(), "internal error: panic: oh");
    }
}
