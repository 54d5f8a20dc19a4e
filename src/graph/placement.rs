//! Where the scheduler has put a task: it shares a word with the number of an element.
//!
//! ```text
//!   63..48 device   47..40 alternative   39..0 number of the element in its space
//! ```

use super::record::Cold;
use crate::sync::atomic::Ordering::Relaxed;

/// The choice that was made for a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The device of its first member.
    pub device: u16,
    /// Which of the alternatives of its shape.
    pub alternative: u8,
}

const ELEMENT_BITS: u32 = 40;
const ELEMENT: u64 = (1 << ELEMENT_BITS) - 1;

impl Cold {
    /// The number of the element in its space; of another task nothing useful.
    pub fn element(&self) -> u64 {
        self.element.load(Relaxed) & ELEMENT
    }

    /// Notes the number of an element; by the owner, before it is published.
    #[inline]
    pub fn set_element(&self, number: u64) {
        debug_assert!(number <= ELEMENT);
        self.element.store(number, Relaxed);
    }

    /// Where the task was put; nothing useful before [`Cold::place`].
    #[inline]
    pub fn placement(&self) -> Placement {
        let choice = self.element.load(Relaxed) >> ELEMENT_BITS;
        Placement { device: (choice >> 8) as u16, alternative: choice as u8 }
    }

    /// Notes where the task was put; by the owner only.
    #[inline]
    pub fn place(&self, placement: Placement) {
        let choice = u64::from(placement.device) << 8 | u64::from(placement.alternative);
        let number = self.element.load(Relaxed) & ELEMENT;
        self.element.store(choice << ELEMENT_BITS | number, Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_placement_leaves_the_element_as_it_is() {
        let cold = Cold::default();
        let number = (1 << 33) + 7;
        cold.set_element(number);
        for placement in [
            Placement { device: u16::MAX, alternative: 63 },
            Placement { device: 3, alternative: u8::MAX },
            Placement { device: 0, alternative: 0 },
        ] {
            cold.place(placement);
            assert_eq!((cold.placement(), cold.element()), (placement, number));
        }
    }
}
