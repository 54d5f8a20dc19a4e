//! Which device a task goes to, of those it may use. Values in, a choice out: no threads, no state.

use std::collections::HashMap;

/// Picks a device for a task that needs no reservation: the one with the least work per worker queued;
/// the first of equals. `load(device)` is tasks per worker.
pub fn least_loaded(candidates: &[u16], load: impl Fn(u16) -> u64) -> Option<u16> {
    match candidates {
        [only] => Some(*only),
        _ => candidates.iter().copied().min_by_key(|&device| load(device)),
    }
}

/// Finds distinct devices for the members of a multi-device task: `candidates(member)` lists the devices
/// that the member may use, best first; `fits(member, device)` says whether it can have it now. Finds a
/// placement if there is one, by augmenting paths (Kuhn's algorithm for bipartite matching).
pub fn assign_members(
    members: usize,
    candidates: impl Fn(usize) -> Vec<u16>,
    fits: impl Fn(usize, u16) -> bool,
) -> Option<Vec<u16>> {
    let wanted: Vec<Vec<u16>> = (0..members)
        .map(|member| candidates(member).into_iter().filter(|&d| fits(member, d)).collect())
        .collect();
    let mut owner: HashMap<u16, usize> = HashMap::new();
    for member in 0..members {
        if !give(member, &wanted, &mut owner, &mut Vec::new()) {
            return None;
        }
    }
    let mut chosen = vec![0; members];
    for (device, member) in owner {
        chosen[member] = device;
    }
    Some(chosen)
}

/// Gives `member` a device, moving others to another of theirs if need be; `tried` ones are not tried again.
fn give(
    member: usize,
    wanted: &[Vec<u16>],
    owner: &mut HashMap<u16, usize>,
    tried: &mut Vec<u16>,
) -> bool {
    for &device in &wanted[member] {
        if tried.contains(&device) {
            continue;
        }
        tried.push(device);
        let holder = owner.get(&device).copied();
        if holder.is_none_or(|holder| give(holder, wanted, owner, tried)) {
            owner.insert(device, member);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_loaded_device_wins_and_the_first_of_equals() {
        let load = [3, 1, 1, 9];
        let pick = |list: &[u16]| least_loaded(list, |d| load[d as usize]);
        assert_eq!(pick(&[0, 1, 2, 3]), Some(1));
        assert_eq!(pick(&[3, 0]), Some(0));
        assert_eq!(pick(&[]), None);
    }

    #[test]
    fn members_get_distinct_devices_even_if_the_first_choice_must_yield() {
        let candidates = |m: usize| if m == 0 { vec![0, 1] } else { vec![0] };
        assert_eq!(assign_members(2, candidates, |_, _| true), Some(vec![1, 0]));
        assert_eq!(assign_members(2, |_| vec![0], |_, _| true), None);
        assert_eq!(assign_members(2, |_| vec![0, 1], |_, d| d == 1), None);
        // Sixteen members on fifteen devices: found impossible without trying every order.
        assert_eq!(assign_members(16, |_| (0..15).collect(), |_, _| true), None);
    }
}
