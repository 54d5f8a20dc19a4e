//! What a runtime is started with: the C struct, then `PARLA_*` variables, then the file that
//! `PARLA_CONFIG` names, then the defaults. The only place that reads the environment.

use crate::error::{Error, Result, Status, fail};
use serde::Deserialize;
use std::fmt::Display;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// How workers are tied to cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bind {
    /// Each to one core.
    Core,
    /// Each to its node.
    Node,
    /// Not at all.
    None,
}

/// Settings that one source may leave open. The names are those of the file.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Workers; -1: none.
    pub num_threads: Option<i64>,
    /// core, node, none.
    pub bind: Option<String>,
    /// stack, thread.
    pub wait: Option<String>,
    /// A described topology.
    pub topology: Option<String>,
    /// Bytes of a task's stack.
    pub stack_size: Option<u64>,
    /// Bytes of scratch memory per CPU device.
    pub cpu_memory: Option<u64>,
    /// Milliseconds until a stall is reported; -1: never.
    pub stall_ms: Option<i64>,
    /// Milliseconds until forgotten holds count as a stall; -1: never.
    pub hold_stall_ms: Option<i64>,
    /// Most spare threads.
    pub max_spare_threads: Option<i64>,
    /// Microseconds of looking for work before sleep.
    pub spin_us: Option<i64>,
}

/// The settings of a runtime.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Workers; `None`: as the topology suggests. 0: none.
    pub num_threads: Option<usize>,
    /// See [`Bind`].
    pub bind: Bind,
    /// Whether tasks keep their thread when they wait, so that stacks are never left.
    pub own_stacks: bool,
    /// A described topology.
    pub topology: Option<String>,
    /// Bytes of a task's stack.
    pub stack_size: usize,
    /// Bytes of scratch memory per CPU device, if not the node's.
    pub cpu_memory: Option<u64>,
    /// Until a stall is reported.
    pub stall: Option<Duration>,
    /// Until forgotten holds count as a stall.
    pub hold_stall: Option<Duration>,
    /// Most spare threads.
    pub max_spare_threads: u32,
    /// How long a worker looks for work before it sleeps.
    pub spin: Duration,
    /// This process's place among those of its node, if a launcher tells: rank and number.
    pub local_rank: Option<(usize, usize)>,
}

const MIN_STACK: u64 = 64 * 1024;
const MAX_STACK: u64 = 1 << 40;

impl Settings {
    /// What is set here, else what is set there.
    fn or(self, other: Settings) -> Settings {
        Settings {
            num_threads: self.num_threads.or(other.num_threads),
            bind: self.bind.or(other.bind),
            wait: self.wait.or(other.wait),
            topology: self.topology.or(other.topology),
            stack_size: self.stack_size.or(other.stack_size),
            cpu_memory: self.cpu_memory.or(other.cpu_memory),
            stall_ms: self.stall_ms.or(other.stall_ms),
            hold_stall_ms: self.hold_stall_ms.or(other.hold_stall_ms),
            max_spare_threads: self.max_spare_threads.or(other.max_spare_threads),
            spin_us: self.spin_us.or(other.spin_us),
        }
    }

    fn from_variables(get: &impl Fn(&str) -> Option<String>) -> Result<Settings> {
        Ok(Settings {
            num_threads: number(get, "PARLA_NUM_THREADS")?,
            bind: get("PARLA_BIND"),
            wait: get("PARLA_WAIT"),
            topology: get("PARLA_TOPOLOGY"),
            stack_size: bytes(get, "PARLA_STACK_SIZE")?,
            cpu_memory: bytes(get, "PARLA_CPU_MEMORY")?,
            stall_ms: number(get, "PARLA_STALL_MS")?,
            hold_stall_ms: number(get, "PARLA_HOLD_STALL_MS")?,
            max_spare_threads: number(get, "PARLA_MAX_SPARE_THREADS")?,
            spin_us: number(get, "PARLA_SPIN_US")?,
        })
    }

    fn from_file(path: &Path) -> Result<Settings> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::new(
                Status::Config,
                format!("PARLA_CONFIG: cannot read {}: {error}", path.display()),
            )
        })?;
        toml::from_str(&text).map_err(|error| {
            Error::new(Status::Config, format!("{}: {}", path.display(), error.message()))
        })
    }

    /// Checks the settings and fills in the defaults.
    fn resolve(self) -> Result<Config> {
        let num_threads = match within("num_threads", self.num_threads.unwrap_or(0), -1..=1024)? {
            0 => None,
            -1 => Some(0),
            n => Some(n as usize),
        };
        let bind = match self.bind.as_deref().unwrap_or("core") {
            "core" => Bind::Core,
            "node" => Bind::Node,
            "none" => Bind::None,
            other => return fail!(Config, "bind is \"{other}\"; it must be core, node or none"),
        };
        let own_stacks = match self.wait.as_deref().unwrap_or("stack") {
            "stack" => false,
            "thread" => true,
            other => return fail!(Config, "wait is \"{other}\"; it must be stack or thread"),
        };
        let stack_size = self.stack_size.unwrap_or(1 << 20);
        if !(MIN_STACK..=MAX_STACK).contains(&stack_size) {
            return fail!(
                Config,
                "stack_size is {stack_size}; it must be at least {MIN_STACK} bytes"
            );
        }
        let millis = |name, value: Option<i64>, default| {
            let ms = within(name, value.unwrap_or(default), -1..=i64::from(i32::MAX))?;
            Ok(u64::try_from(ms).ok().map(Duration::from_millis))
        };
        let spares = within("max_spare_threads", self.max_spare_threads.unwrap_or(256), 0..=1024)?;
        let spin = within("spin_us", self.spin_us.unwrap_or(20), 0..=1_000_000)?;
        Ok(Config {
            num_threads,
            bind,
            own_stacks,
            topology: self.topology,
            stack_size: stack_size.next_multiple_of(4096) as usize,
            cpu_memory: self.cpu_memory,
            stall: millis("stall_ms", self.stall_ms, 300)?,
            hold_stall: millis("hold_stall_ms", self.hold_stall_ms, -1)?,
            max_spare_threads: spares as u32,
            spin: Duration::from_micros(spin as u64),
            local_rank: None,
        })
    }
}

impl Config {
    /// The configuration of this process, with what the caller has set.
    pub fn load(given: &Settings) -> Result<Config> {
        // An empty variable counts as one that is not set, as shells make it easy to leave one behind.
        Config::load_from(given, &|name| std::env::var(name).ok().filter(|v| !v.is_empty()))
    }

    fn load_from(given: &Settings, get: &impl Fn(&str) -> Option<String>) -> Result<Config> {
        let file = match get("PARLA_CONFIG") {
            Some(path) => Settings::from_file(Path::new(&path))?,
            None => Settings::default(),
        };
        let variables = Settings::from_variables(get)?;
        let mut config = given.clone().or(variables).or(file).resolve()?;
        config.local_rank = local_rank(get)?;
        Ok(config)
    }
}

/// What launchers of several processes per node say: rank on the node, processes on the node. Our own
/// variables must make sense; what a launcher says and we do not understand is left alone.
fn local_rank(get: &impl Fn(&str) -> Option<String>) -> Result<Option<(usize, usize)>> {
    const LAUNCHERS: [(&str, &str); 3] = [
        ("OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"),
        ("MPI_LOCALRANKID", "MPI_LOCALNRANKS"),
        ("SLURM_LOCALID", "SLURM_NTASKS_PER_NODE"),
    ];
    let rank: Option<usize> = number(get, "PARLA_LOCAL_RANK")?;
    let size: Option<usize> = number(get, "PARLA_LOCAL_SIZE")?;
    match (rank, size) {
        (None, None) => {}
        (Some(rank), Some(size)) if rank < size => return Ok((size > 1).then_some((rank, size))),
        _ => {
            let text = |value: Option<usize>| value.map_or("not set".to_owned(), |v| v.to_string());
            return fail!(
                Config,
                "PARLA_LOCAL_RANK is {}, PARLA_LOCAL_SIZE is {}: set both, the rank below the size",
                text(rank),
                text(size)
            );
        }
    }
    Ok(LAUNCHERS.iter().find_map(|(rank, size)| {
        let rank: usize = get(rank)?.trim().parse().ok()?;
        let size: usize = get(size)?.trim().parse().ok()?;
        (rank < size && size > 1).then_some((rank, size))
    }))
}

fn within(name: &str, value: i64, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
    if range.contains(&value) {
        return Ok(value);
    }
    fail!(Config, "{name} is {value}; it must be {} to {}", range.start(), range.end())
}

fn number<T: FromStr<Err: Display>>(
    get: &impl Fn(&str) -> Option<String>,
    name: &str,
) -> Result<Option<T>> {
    let Some(text) = get(name) else { return Ok(None) };
    match text.trim().parse() {
        Ok(value) => Ok(Some(value)),
        Err(error) => fail!(Config, "{name} is \"{text}\": {error}"),
    }
}

/// Bytes, with an optional K, M, G or T (powers of 1,024).
fn bytes(get: &impl Fn(&str) -> Option<String>, name: &str) -> Result<Option<u64>> {
    let Some(text) = get(name) else { return Ok(None) };
    let trimmed = text.trim();
    let (digits, shift) = match trimmed.chars().last().map(|c| c.to_ascii_uppercase()) {
        Some('K') => (&trimmed[..trimmed.len() - 1], 10),
        Some('M') => (&trimmed[..trimmed.len() - 1], 20),
        Some('G') => (&trimmed[..trimmed.len() - 1], 30),
        Some('T') => (&trimmed[..trimmed.len() - 1], 40),
        _ => (trimmed, 0),
    };
    let value = digits.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift));
    match value {
        Some(value) => Ok(Some(value)),
        None => {
            fail!(Config, "{name} is \"{text}\"; it must be a number of bytes, such as 65536 or 4G")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(given: Settings, variables: &[(&str, &str)]) -> Result<Config> {
        Config::load_from(&given, &|name| {
            variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned())
        })
    }

    #[test]
    fn the_struct_goes_before_the_variables_and_these_before_the_file() {
        let file = std::env::temp_dir().join(format!("parla-config-{}.toml", std::process::id()));
        std::fs::write(&file, "num_threads = 3\nspin_us = 7\nbind = \"none\"\n").unwrap();
        let path = file.to_str().unwrap();
        let variables =
            [("PARLA_CONFIG", path), ("PARLA_NUM_THREADS", "5"), ("PARLA_BIND", "node")];
        let given = Settings { bind: Some("core".into()), ..Settings::default() };
        let config = load(given, &variables).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(config.num_threads, Some(5));
        assert_eq!(config.bind, Bind::Core);
        assert_eq!(config.spin, Duration::from_micros(7));
    }

    #[test]
    fn mistakes_are_named() {
        let text = |variables: &[(&str, &str)]| {
            load(Settings::default(), variables).unwrap_err().to_string()
        };
        assert!(text(&[("PARLA_NUM_THREADS", "many")]).contains("PARLA_NUM_THREADS"));
        assert!(text(&[("PARLA_NUM_THREADS", "1025")]).contains("num_threads"));
        assert!(text(&[("PARLA_BIND", "socket")]).contains("socket"));
        assert!(text(&[("PARLA_LOCAL_RANK", "1")]).contains("PARLA_LOCAL_SIZE"));
        assert!(text(&[("PARLA_LOCAL_RANK", "2"), ("PARLA_LOCAL_SIZE", "2")]).contains("below"));
        assert!(text(&[("PARLA_LOCAL_RANK", "x"), ("PARLA_LOCAL_SIZE", "2")]).contains("RANK"));
        assert!(text(&[("PARLA_WAIT", "spin")]).contains("spin"));
        assert!(text(&[("PARLA_STACK_SIZE", "12Q")]).contains("PARLA_STACK_SIZE"));
        assert!(text(&[("PARLA_STACK_SIZE", "4K")]).contains("stack_size"));
        assert!(text(&[("PARLA_CONFIG", "/nonexistent/parla.toml")]).contains("cannot read"));
    }

    #[test]
    fn bytes_take_a_suffix() {
        let config = load(Settings::default(), &[("PARLA_CPU_MEMORY", "2G")]).unwrap();
        assert_eq!(config.cpu_memory, Some(2 << 30));
    }

    #[test]
    fn no_threads_is_not_the_default_number() {
        let config = load(Settings { num_threads: Some(-1), ..Settings::default() }, &[]).unwrap();
        assert_eq!(config.num_threads, Some(0));
        assert_eq!(load(Settings::default(), &[]).unwrap().num_threads, None);
    }

    #[test]
    fn launchers_tell_the_local_rank() {
        let slurm = [("SLURM_LOCALID", "1"), ("SLURM_NTASKS_PER_NODE", "4")];
        assert_eq!(load(Settings::default(), &slurm).unwrap().local_rank, Some((1, 4)));
        assert_eq!(load(Settings::default(), &[]).unwrap().local_rank, None);
    }
}
