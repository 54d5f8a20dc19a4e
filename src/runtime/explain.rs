//! `parla_explain`.

use super::local::Local;
use super::{collect, diagnosis, inspect};
use crate::error::Result;
use crate::graph::Handle;
use crate::graph::edges::Look;

/// Why a task is not running, in a sentence.
pub fn explain(local: &Local, task: Handle) -> Result<String> {
    let look = collect::task(local, task)?;
    let name = inspect::name_of(local, task.slot());
    Ok(match look {
        Look::Done | Look::Invalid => "the task is complete".to_owned(),
        Look::Failed => match local.runtime.failures.of(local, task) {
            Some(failure) => format!("{name} is complete: {}", failure.message),
            None => "the task is complete".to_owned(),
        },
        Look::Live => format!("{name} {}", diagnosis::explain(local, task.slot())),
    })
}
