//! Tasks run where they were placed, on described machines and on this one.
//!
//! Each case runs in a process of its own, with its environment.

mod support;

use std::collections::HashSet;
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;
use support::api::{self, parla_cpu, spawn, spawn_at, spawn_spec, wait};
use support::child;

const LIMIT: Duration = Duration::from_secs(60);
/// Nanoseconds after which a task that should run counts as forgotten.
const SOON: i64 = 20_000_000_000;

fn case(name: &str, env: &[(&str, &str)], body: impl FnOnce()) {
    child::isolated(name, env, LIMIT, body);
}

/// What a body has seen: its worker and its places.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Seen {
    worker: i32,
    places: Vec<i32>,
}

static SEEN: Mutex<Vec<Seen>> = Mutex::new(Vec::new());

unsafe extern "C" fn see(_: *mut c_void) -> i32 {
    let seen = Seen { worker: api::parla_current_worker(), places: api::current_places() };
    SEEN.lock().unwrap().push(seen);
    0
}

fn seen() -> Vec<Seen> {
    assert_eq!(api::parla_wait_all(SOON), 0, "tasks do not run: {}", api::last_error());
    std::mem::take(&mut SEEN.lock().unwrap())
}

fn member(place: i32, vcus: f64) -> api::parla_member_t {
    api::parla_member_t { place, reserved: 0, vcus, memory: 0 }
}

/// Spawns a task with alternatives, each a list of members.
fn spawn_alternatives(
    body: api::Body,
    alternatives: &[&[api::parla_member_t]],
) -> Result<u64, i32> {
    let list: Vec<_> = alternatives
        .iter()
        .map(|members| api::parla_alternative_t {
            members: members.as_ptr(),
            n_members: members.len(),
        })
        .collect();
    spawn_spec(&api::parla_task_spec_t {
        r#fn: Some(body),
        alternatives: list.as_ptr(),
        n_alternatives: list.len(),
        ..api::spec()
    })
}

const NONE: *mut c_void = std::ptr::null_mut();

#[test]
fn each_of_two_devices_has_workers_of_its_own() {
    case(
        "each_of_two_devices_has_workers_of_its_own",
        &[("PARLA_TOPOLOGY", "numa:2 core:2 pu:1")],
        own_workers,
    );
}

#[test]
fn each_of_four_devices_has_a_worker_of_its_own() {
    case(
        "each_of_four_devices_has_a_worker_of_its_own",
        &[("PARLA_TOPOLOGY", "numa:4 core:1 pu:1")],
        own_workers,
    );
}

fn own_workers() {
    api::init_threads(0);
    let devices = api::device_count();
    let workers: Vec<u32> =
        (0..devices).map(|d| api::device_info(parla_cpu(d)).num_workers).collect();
    assert!(workers.iter().all(|&n| n == workers[0] && n > 0), "{workers:?}");
    let mut of_device: Vec<HashSet<i32>> = Vec::new();
    for device in 0..devices {
        for vcus in [0.0, 0.1] {
            for _ in 0..200 {
                spawn_at(see, NONE, parla_cpu(device), vcus);
            }
        }
        let seen = seen();
        assert_eq!(seen.len(), 400);
        assert!(seen.iter().all(|s| s.places == [parla_cpu(device)]), "{seen:?}");
        of_device.push(seen.iter().map(|s| s.worker).collect());
        assert!(of_device[device as usize].len() as u32 <= workers[device as usize]);
    }
    let all: HashSet<i32> = of_device.iter().flatten().copied().collect();
    let sum: usize = of_device.iter().map(HashSet::len).sum();
    assert_eq!(all.len(), sum, "a worker served two devices: {of_device:?}");
    assert_eq!(api::parla_finalize(), 0);
}

#[test]
fn described_devices_are_as_described() {
    case("described_devices_are_as_described", &[("PARLA_TOPOLOGY", "numa:2 core:2 pu:1")], || {
        api::init_threads(0);
        assert_eq!(api::device_count(), 2);
        for device in 0..2 {
            let info = api::device_info(parla_cpu(device));
            assert_eq!((info.num_cores, info.num_workers, info.described), (2, 2, 1));
            assert_eq!(info.vcus_free, 1.0);
        }
        assert_eq!(api::stats().num_workers, 4);
        assert_eq!(api::parla_finalize(), 0);
    });
}

#[test]
fn members_get_distinct_devices_at_once() {
    case(
        "members_get_distinct_devices_at_once",
        &[("PARLA_TOPOLOGY", "numa:4 core:1 pu:1")],
        || {
            api::init_threads(0);
            for _ in 0..100 {
                let any = member(api::PARLA_CPU, 1.0);
                spawn_alternatives(see, &[&[any, any]]).unwrap();
                spawn_alternatives(see, &[&[member(parla_cpu(3), 0.5), member(parla_cpu(1), 0.5)]])
                    .unwrap();
            }
            let seen = seen();
            assert_eq!(seen.len(), 200);
            for Seen { places, .. } in &seen {
                assert_eq!(places.len(), 2);
                assert_ne!(places[0], places[1]);
            }
            let ordered = seen.iter().filter(|s| s.places == [parla_cpu(3), parla_cpu(1)]).count();
            assert!(ordered >= 100, "members lie in the order of the specification");
            let any = member(api::PARLA_CPU, 0.0);
            assert_eq!(spawn_alternatives(see, &[&[any; 5]]), Err(api::PARLA_ERR_INFEASIBLE));
            assert_eq!(api::parla_finalize(), 0);
        },
    );
}

#[test]
fn alternatives_are_taken_in_order_of_preference() {
    case(
        "alternatives_are_taken_in_order_of_preference",
        &[("PARLA_TOPOLOGY", "numa:2 core:1 pu:1")],
        || {
            /// Spawns two tasks for all of device 0, or else of device 1, and waits for the second: which
            /// finds device 0 taken by this one.
            unsafe extern "C" fn occupy(_: *mut c_void) -> i32 {
                let both = [member(parla_cpu(0), 1.0)];
                let other = [member(parla_cpu(1), 1.0)];
                assert!(spawn_alternatives(see, &[&both, &other]).is_ok());
                while SEEN.lock().unwrap().is_empty() {
                    std::thread::yield_now();
                }
                0
            }
            api::init_threads(0);
            let first = [member(parla_cpu(0), 1.0)];
            let second = [member(parla_cpu(1), 1.0)];
            let task = spawn_alternatives(see, &[&first, &second]).unwrap();
            assert_eq!(wait(&[task], SOON), 0);
            assert_eq!(seen()[0].places, [parla_cpu(0)], "the first alternative was free");
            let task = spawn_at(occupy, NONE, parla_cpu(0), 1.0);
            assert_eq!(wait(&[task], SOON), 0);
            assert_eq!(seen()[0].places, [parla_cpu(1)], "the first alternative was taken");
            assert_eq!(
                spawn_alternatives(see, &[&[member(parla_cpu(2), 1.0)]]),
                Err(api::PARLA_ERR_INFEASIBLE)
            );
            assert!(spawn_alternatives(see, &[&[member(parla_cpu(2), 1.0)], &second]).is_ok());
            assert_eq!(seen()[0].places, [parla_cpu(1)], "the only feasible alternative");
            assert_eq!(api::parla_finalize(), 0);
        },
    );
}

#[test]
fn every_device_there_is_has_workers() {
    case("every_device_there_is_has_workers", &[("PARLA_TOPOLOGY", "numa:4 core:1 pu:1")], || {
        api::init_threads(2);
        for device in 0..api::device_count() {
            assert!(api::device_info(parla_cpu(device)).num_workers > 0);
        }
        for _ in 0..50 {
            spawn_at(see, NONE, api::PARLA_CPU, 0.3);
        }
        assert_eq!(seen().len(), 50);
        let elsewhere = api::parla_task_spec_t {
            place: parla_cpu(api::device_count()),
            r#fn: Some(see),
            ..api::spec()
        };
        assert_eq!(spawn_spec(&elsewhere), Err(api::PARLA_ERR_INFEASIBLE));
        assert_eq!(api::parla_finalize(), 0);
    });
}

/// The processors this thread may use.
fn mask() -> Vec<usize> {
    // SAFETY: a set of bits is valid when zero; the size is its own.
    let set = unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        assert_eq!(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), &mut set), 0);
        set
    };
    // SAFETY: the index is below the set's size.
    (0..libc::CPU_SETSIZE as usize).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) }).collect()
}

/// Lets this process run on `cpu` only.
fn restrict(cpu: usize) {
    // SAFETY: as in `mask`; the thread that starts the workers restricts itself.
    unsafe {
        let mut set: libc::cpu_set_t = std::mem::zeroed();
        libc::CPU_SET(cpu, &mut set);
        assert_eq!(libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), &set), 0);
    }
}

static MASKS: Mutex<Vec<(i32, Vec<usize>)>> = Mutex::new(Vec::new());
static MET: AtomicU32 = AtomicU32::new(0);

/// Notes its worker's mask, and stays until as many workers as there are have come, one task each.
unsafe extern "C" fn note_mask(ctx: *mut c_void) -> i32 {
    MASKS.lock().unwrap().push((api::parla_current_worker(), mask()));
    MET.fetch_add(1, SeqCst);
    while (MET.load(SeqCst) as usize) < ctx.addr() {
        std::thread::yield_now();
    }
    0
}

/// The mask of each worker.
fn masks() -> Vec<Vec<usize>> {
    let workers = api::stats().num_workers as usize;
    for _ in 0..workers {
        spawn(note_mask, std::ptr::without_provenance_mut(workers), &[]);
    }
    assert_eq!(api::parla_wait_all(SOON), 0);
    let mut found = std::mem::take(&mut *MASKS.lock().unwrap());
    found.sort();
    let all: HashSet<i32> = found.iter().map(|(worker, _)| *worker).collect();
    assert_eq!(all.len(), workers);
    found.into_iter().map(|(_, mask)| mask).collect()
}

/// The processors of the core that `cpu` is part of.
fn core_of(cpu: usize) -> String {
    let path = format!("/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list");
    std::fs::read_to_string(path).unwrap_or_else(|_| cpu.to_string())
}

#[test]
fn each_worker_is_bound_to_a_core_of_its_own() {
    case("each_worker_is_bound_to_a_core_of_its_own", &[], || {
        let before = mask();
        api::init_threads(0);
        let masks = masks();
        let mut cores = HashSet::new();
        for mask in &masks {
            let own: HashSet<String> = mask.iter().map(|&cpu| core_of(cpu)).collect();
            assert_eq!(own.len(), 1, "a worker on several cores: {masks:?}");
            assert!(mask.iter().all(|cpu| before.contains(cpu)));
            assert!(cores.insert(own.into_iter().next()), "a core with two workers: {masks:?}");
        }
        println!("figure: {} workers, masks {masks:?}, inherited {before:?}", masks.len());
        assert_eq!(api::parla_finalize(), 0);
        assert_eq!(mask(), before, "the host's thread keeps its mask");
    });
}

#[test]
fn unbound_workers_keep_the_inherited_mask() {
    case("unbound_workers_keep_the_inherited_mask", &[("PARLA_BIND", "none")], || {
        let before = mask();
        api::init_threads(2);
        for mask in masks() {
            assert_eq!(mask, before);
        }
        assert_eq!(api::parla_finalize(), 0);
    });
}

#[test]
fn described_machines_bind_nothing() {
    case("described_machines_bind_nothing", &[("PARLA_TOPOLOGY", "numa:2 core:2 pu:1")], || {
        let before = mask();
        api::init_threads(0);
        for mask in masks() {
            assert_eq!(mask, before);
        }
        assert_eq!(api::parla_finalize(), 0);
    });
}

#[test]
fn an_inherited_mask_of_one_processor_is_honoured() {
    case("an_inherited_mask_of_one_processor_is_honoured", &[], || {
        let cpu = *mask().last().expect("there is one");
        restrict(cpu);
        api::init_threads(0);
        assert_eq!(api::stats().num_workers, 1);
        assert_eq!(masks(), [vec![cpu]]);
        assert_eq!(api::parla_finalize(), 0);
        api::init_threads(3);
        MET.store(0, SeqCst);
        assert_eq!(masks(), [vec![cpu], vec![cpu], vec![cpu]]);
        assert_eq!(api::parla_finalize(), 0);
    });
}

static PLACES: Mutex<Vec<(u64, Vec<i32>)>> = Mutex::new(Vec::new());

/// Continues as [`compare`].
unsafe extern "C" fn note_places(_: *mut c_void) -> i32 {
    PLACES.lock().unwrap().push((api::parla_current_task(), api::current_places()));
    api::continue_with(compare, NONE, &[])
}

/// Fails if the task began elsewhere.
unsafe extern "C" fn compare(_: *mut c_void) -> i32 {
    let here = (api::parla_current_task(), api::current_places());
    i32::from(!PLACES.lock().unwrap().contains(&here))
}

#[test]
fn a_continuation_stays_where_its_task_began() {
    let env = [("PARLA_TOPOLOGY", "numa:2 core:1 pu:1")];
    case("a_continuation_stays_where_its_task_began", &env, || {
        api::init_threads(0);
        for vcus in [0.0, 0.5] {
            let (a, b) = ([member(parla_cpu(1), vcus)], [member(parla_cpu(0), vcus)]);
            for _ in 0..200 {
                assert!(spawn_alternatives(note_places, &[&a, &b]).is_ok());
            }
            assert_eq!(api::parla_wait_all(SOON), 0);
            let places = std::mem::take(&mut *PLACES.lock().unwrap());
            let used: HashSet<_> = places.into_iter().map(|(_, place)| place).collect();
            assert_eq!(used.len(), 2, "both devices were used");
        }
        assert_eq!(api::parla_finalize(), 0, "{}", api::last_error());
    });
}
