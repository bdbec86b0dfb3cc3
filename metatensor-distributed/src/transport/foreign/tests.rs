use std::cell::Cell;

use super::*;

/// What fails, and where the bytes of the last message are that was to be sent.
#[derive(Default)]
struct Failing {
    begin: bool,
    finish: bool,
    sent: Cell<usize>,
}

unsafe extern "C" fn begin(
    ptr: *mut c_void,
    sends: *const MessageTable,
    _: usize,
    _: *const MessageTable,
    _: usize,
    request: *mut *mut c_void,
) -> i32 {
    // SAFETY: the tests below give this, and one message.
    let (state, message) = unsafe { (&*ptr.cast::<Failing>(), &*sends) };
    state.sent.set(message.data.addr());
    // SAFETY: there is a place for it.
    unsafe { *request = ptr };
    i32::from(state.begin)
}

unsafe extern "C" fn finish(ptr: *mut c_void, _: *mut c_void) -> i32 {
    // SAFETY: as above.
    i32::from(unsafe { (*ptr.cast::<Failing>()).finish })
}

unsafe extern "C" fn max(_: *mut c_void, _: *mut i64, _: usize) -> i32 {
    0
}

unsafe extern "C" fn all_to_all(_: *mut c_void, _: *const u8, _: *mut u8, _: usize) -> i32 {
    0
}

unsafe extern "C" fn broadcast(_: *mut c_void, _: i32, _: *mut u8, _: u64) -> i32 {
    0
}

fn transport(state: &Failing) -> ForeignTransport {
    let table = TransportTable {
        version: TransportTable::VERSION,
        rank: 0,
        size: 2,
        ptr: (&raw const *state).cast_mut().cast(),
        destroy: None,
        max: Some(max),
        all_to_all: Some(all_to_all),
        broadcast: Some(broadcast),
        begin: Some(begin),
        finish: Some(finish),
        abort: None,
        reserved: [null_mut(); 6],
    };
    let caller: Caller = |name, call| match call() {
        0 => Ok(()),
        _ => Err(Error::Communication(name.to_owned())),
    };
    // SAFETY: the functions are those above, and the state lives as long as the tests.
    unsafe { ForeignTransport::new(table, caller) }.unwrap()
}

const SIZE: usize = 472;

fn messages() -> Messages {
    let message = Message {
        peer: 1,
        data: vec![7; SIZE],
    };
    Messages {
        sends: vec![message],
        receives: Vec::new(),
    }
}

/// Whether the memory of the message was released: allocators give out first what was released last.
fn is_released(state: &Failing) -> bool {
    let others: Vec<_> = (0..50).map(|_| vec![1_u8; SIZE]).collect();
    let sent = state.sent.get();
    others.iter().any(|other| other.as_ptr().addr() == sent)
}

#[test]
fn memory_of_messages_is_released_after_they_were_sent() {
    let state = Failing::default();
    let pending = transport(&state).begin(messages()).unwrap();
    assert_eq!(pending.finish().unwrap(), messages());
    assert!(is_released(&state));
}

#[test]
fn memory_of_messages_is_kept_if_they_may_still_be_sent() {
    let mut state = Failing {
        begin: true,
        ..Failing::default()
    };
    let error = transport(&state).begin(messages()).err().unwrap();
    assert_eq!(error.to_string(), "communication error: begin");
    assert!(!is_released(&state));

    state.begin = false;
    state.finish = true;
    let pending = transport(&state).begin(messages()).unwrap();
    let error = pending.finish().unwrap_err();
    assert_eq!(error.to_string(), "communication error: finish");
    assert!(!is_released(&state));

    drop(transport(&state).begin(messages()).unwrap());
    assert!(!is_released(&state));
}
