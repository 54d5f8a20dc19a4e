//! The C ABI: thin functions that check, convert, call the runtime and convert back.
//!
//! One file per C object. `include/parla.h` is generated from this folder alone, so every exported
//! function is written out here and every doc comment below is what a C programmer reads.
#![allow(non_camel_case_types)]

pub mod types;

pub mod lifecycle;

pub mod spawn;

pub mod wait;

pub mod control;

pub mod inspect;

pub mod taskspace;

pub mod place;

pub mod hooks;

mod convert;
mod guard;
mod pointers;
