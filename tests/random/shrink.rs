//! Makes a failing program smaller: fewer tasks, fewer features.

use super::plan::feature;

/// What a program is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recipe {
    pub seed: u64,
    pub tasks: u32,
    pub features: u32,
}

/// The smallest recipe that `fails` still, found greedily. Failures may be rare: `fails` is asked a few
/// times about each candidate by the caller's own choice.
pub fn shrink(mut recipe: Recipe, mut fails: impl FnMut(Recipe) -> bool) -> Recipe {
    loop {
        let before = recipe;
        while recipe.tasks > 1 {
            let half = Recipe { tasks: recipe.tasks / 2, ..recipe };
            let less = Recipe { tasks: recipe.tasks - recipe.tasks / 4, ..recipe };
            match [half, less].into_iter().find(|&r| r != recipe && fails(r)) {
                Some(smaller) => recipe = smaller,
                None => break,
            }
        }
        for bit in 0..feature::NAMES.len() {
            let without = Recipe { features: recipe.features & !(1 << bit), ..recipe };
            if without != recipe && fails(without) {
                recipe = without;
            }
        }
        if recipe == before {
            return recipe;
        }
    }
}
