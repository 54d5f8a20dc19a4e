//! Reading and writing through the pointers of a call.

use crate::error::{Result, fail};
use std::ffi::{CStr, c_char};

/// Refuses NULL.
#[inline]
pub fn not_null<T>(pointer: *const T, name: &str) -> Result<()> {
    if pointer.is_null() {
        return fail!(InvalidArgument, "{name} is NULL");
    }
    Ok(())
}

/// A list; NULL is fine if it is empty.
///
/// # Safety
/// `pointer` points to `n` values.
#[inline]
pub unsafe fn list<'a, T>(pointer: *const T, n: usize, name: &str) -> Result<&'a [T]> {
    if n == 0 {
        return Ok(&[]);
    }
    not_null(pointer, name)?;
    if !pointer.is_aligned() || n > isize::MAX as usize / size_of::<T>().max(1) {
        return fail!(InvalidArgument, "{name} is not aligned, or its length {n} is impossible");
    }
    // SAFETY: the caller's contract.
    Ok(unsafe { std::slice::from_raw_parts(pointer, n) })
}

/// As [`list`] of at most `most` values, without a word about what is wrong.
///
/// # Safety
/// As [`list`].
#[inline(always)]
pub unsafe fn short_list<'a, T>(pointer: *const T, n: usize, most: usize) -> Option<&'a [T]> {
    if n == 0 {
        return Some(&[]);
    }
    let good = !pointer.is_null() && pointer.is_aligned() && n <= most;
    // SAFETY: the caller's contract.
    good.then(|| unsafe { std::slice::from_raw_parts(pointer, n) })
}

/// Room for values.
///
/// # Safety
/// `pointer` points to room for `n` values.
pub unsafe fn room<'a, T>(pointer: *mut T, n: usize, name: &str) -> Result<&'a mut [T]> {
    if n == 0 {
        return Ok(&mut []);
    }
    // SAFETY: the caller's contract; checks as for a list.
    unsafe { list(pointer.cast_const(), n, name)? };
    // SAFETY: as above.
    Ok(unsafe { std::slice::from_raw_parts_mut(pointer, n) })
}

/// Room for values, or NULL.
///
/// # Safety
/// As [`room`], or NULL.
pub unsafe fn optional_room<'a, T>(pointer: *mut T, n: usize) -> Result<Option<&'a mut [T]>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's contract.
    Ok(Some(unsafe { room(pointer, n, "tasks")? }))
}

/// Writes a value, if it is wanted.
///
/// # Safety
/// `pointer` is NULL or writable.
#[inline]
pub unsafe fn put_optional<T>(pointer: *mut T, value: T) {
    if !pointer.is_null() {
        // SAFETY: the caller's contract.
        unsafe { pointer.write(value) };
    }
}

/// Writes a list and its full length.
///
/// # Safety
/// `pointer` has room for `capacity` values; `count` is writable.
pub unsafe fn put_list<T: Copy>(
    values: &[T],
    pointer: *mut T,
    capacity: usize,
    count: *mut usize,
) -> Result<()> {
    not_null(count, "count")?;
    // SAFETY: the caller's contract.
    let out = unsafe { room(pointer, capacity, "the buffer")? };
    for (place, value) in out.iter_mut().zip(values) {
        *place = *value;
    }
    // SAFETY: the caller's contract.
    unsafe { count.write(values.len()) };
    if values.len() > capacity {
        return fail!(BufferTooSmall, "{} values, room for {capacity}", values.len());
    }
    Ok(())
}

/// Writes a text with its NUL, cut if it does not fit, and its full length.
///
/// # Safety
/// `pointer` has room for `capacity` bytes; `length` is NULL or writable.
pub unsafe fn put_text(
    text: &str,
    pointer: *mut c_char,
    capacity: usize,
    length: *mut usize,
) -> Result<()> {
    // SAFETY: the caller's contract.
    let out = unsafe { room(pointer.cast::<u8>(), capacity, "the buffer")? };
    // SAFETY: the caller's contract.
    unsafe { put_optional(length, text.len()) };
    if capacity == 0 {
        return Ok(()); // Only the length is asked for.
    }
    let mut fits = text.len().min(capacity - 1);
    while !text.is_char_boundary(fits) {
        fits -= 1;
    }
    out[..fits].copy_from_slice(&text.as_bytes()[..fits]);
    out[fits] = 0;
    if fits < text.len() {
        return fail!(BufferTooSmall, "the text has {} bytes, room for {capacity}", text.len());
    }
    Ok(())
}

/// A C string.
///
/// # Safety
/// `pointer` is NULL or a NUL-terminated string that lives as long as the result.
pub unsafe fn text<'a>(pointer: *const c_char, name: &str) -> Result<&'a str> {
    not_null(pointer, name)?;
    // SAFETY: the caller's contract.
    match unsafe { CStr::from_ptr(pointer) }.to_str() {
        Ok(text) => Ok(text),
        Err(_) => fail!(InvalidArgument, "{name} is not UTF-8"),
    }
}

/// A C string, or NULL.
///
/// # Safety
/// As [`text`].
pub unsafe fn optional_text<'a>(pointer: *const c_char, name: &str) -> Result<Option<&'a str>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's contract.
    unsafe { text(pointer, name) }.map(Some)
}

/// Reads a struct that says its size. A smaller one is from an older header than any there was; a larger
/// one is from a newer header: what this release does not know must be 0.
///
/// # Safety
/// `pointer` is NULL or points to a struct of the size it says.
pub unsafe fn sized<T: Copy>(pointer: *const T, name: &str) -> Result<T> {
    not_null(pointer, name)?;
    if !pointer.is_aligned() {
        return fail!(InvalidArgument, "{name} is not aligned");
    }
    // SAFETY: every such struct begins with its size; the caller's contract.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    let known = size_of::<T>();
    if size < known || size > 4096 {
        return fail!(
            InvalidArgument,
            "{name}->size is {size}; set it to the struct's sizeof, {known}"
        );
    }
    // SAFETY: the caller's contract: `size` bytes are readable.
    let rest = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>().add(known), size - known) };
    if rest.iter().any(|&byte| byte != 0) {
        return fail!(
            Unsupported,
            "{name} sets fields that this release of libparla does not know"
        );
    }
    // SAFETY: as above.
    Ok(unsafe { pointer.read() })
}

/// Checks the size of a struct in an array, where the next one begins right after it.
pub fn exact_size(size: u32, known: usize, name: &str) -> Result<()> {
    if size as usize != known {
        return fail!(
            InvalidArgument,
            "the size in {name} is {size}; in an array it must be this release's, {known}"
        );
    }
    Ok(())
}

/// Writes a struct that says its size.
///
/// # Safety
/// `pointer` is NULL or points to a writable struct of the size it says.
pub unsafe fn put_sized<T, F: Into<T>>(value: F, pointer: *mut T) -> Result<()> {
    not_null(pointer, "the struct")?;
    if !pointer.is_aligned() {
        return fail!(InvalidArgument, "the struct is not aligned");
    }
    // SAFETY: every such struct begins with its size; the caller's contract.
    let size = unsafe { pointer.cast::<u32>().read() };
    let known = size_of::<T>();
    if (size as usize) < known || size > 4096 {
        return fail!(InvalidArgument, "size is {size}; set it to the struct's sizeof, {known}");
    }
    // SAFETY: at least `known` bytes are writable. The size stays the caller's.
    unsafe {
        pointer.write(value.into());
        pointer.cast::<u32>().write(size);
    }
    Ok(())
}
