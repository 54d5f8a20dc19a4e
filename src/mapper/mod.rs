//! Which device a task goes to, of those it may use. Values in, a choice out: no threads, no state.

/// Picks a device for a task that needs no reservation: the one with the least work per worker queued;
/// the first of equals. `load(device)` is tasks per worker.
pub fn least_loaded(candidates: &[u16], load: impl Fn(u16) -> u64) -> Option<u16> {
    candidates.iter().copied().min_by_key(|&device| load(device))
}

/// Finds distinct devices for the members of a multi-device task: `candidates(member)` lists the devices
/// that the member may use, `fits(member, device)` says whether it can have it now. Depth first, in the
/// order of the candidates, so it finds a placement if there is one; members are few.
pub fn assign_members(
    members: usize,
    candidates: impl Fn(usize) -> Vec<u16>,
    fits: impl Fn(usize, u16) -> bool,
) -> Option<Vec<u16>> {
    fn place(
        member: usize,
        members: usize,
        candidates: &dyn Fn(usize) -> Vec<u16>,
        fits: &dyn Fn(usize, u16) -> bool,
        chosen: &mut Vec<u16>,
    ) -> bool {
        if member == members {
            return true;
        }
        for device in candidates(member) {
            if chosen.contains(&device) || !fits(member, device) {
                continue;
            }
            chosen.push(device);
            if place(member + 1, members, candidates, fits, chosen) {
                return true;
            }
            chosen.pop();
        }
        false
    }
    let mut chosen = Vec::with_capacity(members);
    place(0, members, &candidates, &fits, &mut chosen).then_some(chosen)
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
    }
}
