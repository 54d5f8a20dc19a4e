//! The CPU quota of the process's control group, in cores.
//!
//! A container with "2 CPUs" on a machine of 64 sees all 64 in its affinity mask; the quota
//! is what throttles it. Every group up the hierarchy may set one, and the smallest holds.
//! Both versions are read, as both can be mounted at once (version 1 with an idle version 2).

use std::fs;
use std::path::{Component, Path, PathBuf};

/// The period the kernel assumes when a `cpu.max` names none, in microseconds.
const DEFAULT_PERIOD_US: f64 = 100_000.0;

/// The CPU quota that holds for this process in cores (2.5: two and a half processors'
/// worth of time); `None` without a limit, or where no control group can be read.
///
/// May be called from any thread. Reads a few files.
pub fn cpu_quota() -> Option<f64> {
    cpu_quota_under(Path::new("/"))
}

/// [`cpu_quota`] for a file system that starts at `root` instead of `/`.
pub fn cpu_quota_under(root: &Path) -> Option<f64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let groups = parse_groups(&groups);
    let quotas = parse_mounts(&mounts).into_iter().filter_map(|mount| {
        let group = groups.iter().find(|group| group.version == mount.version)?;
        smallest_on_the_way(root, &mount, &group.path)
    });
    smallest(quotas)
}

/// The two hierarchies that can hold a CPU quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// The one with the `cpu` controller of version 1.
    V1,
    /// The unified one.
    V2,
}

/// A line of `/proc/self/cgroup` that matters here.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    version: Version,
    /// Where the process is in the hierarchy, as an absolute path.
    path: PathBuf,
}

/// Lines are `id:controllers:path`; version 2 has id 0 and no controllers.
fn parse_groups(text: &str) -> Vec<Group> {
    let parse = |line: &str| {
        let mut fields = line.splitn(3, ':');
        let (id, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        let version = match (id, controllers) {
            ("0", "") => Version::V2,
            (_, list) if list.split(',').any(|name| name == "cpu") => Version::V1,
            _ => return None,
        };
        Some(Group { version, path: PathBuf::from(path) })
    };
    text.lines().filter_map(parse).collect()
}

/// A mounted hierarchy.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    version: Version,
    /// The group that is visible at the mount point.
    top: PathBuf,
    /// The mount point.
    point: PathBuf,
}

/// Lines are `id parent device top point options... - type source options`.
fn parse_mounts(text: &str) -> Vec<Mount> {
    let parse = |line: &str| {
        let (left, right) = line.split_once(" - ")?;
        let mut left = left.split(' ').skip(3);
        let (top, point) = (left.next()?, left.next()?);
        let mut right = right.split(' ');
        let version = match (right.next()?, right.nth(1)) {
            ("cgroup2", _) => Version::V2,
            ("cgroup", Some(options)) if options.split(',').any(|name| name == "cpu") => {
                Version::V1
            }
            _ => return None,
        };
        Some(Mount { version, top: unescape(top), point: unescape(point) })
    };
    text.lines().filter_map(parse).collect()
}

/// The kernel writes white space and backslashes in paths as three octal digits.
fn unescape(path: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    escapes.iter().fold(path.to_owned(), |path, (from, to)| path.replace(from, to)).into()
}

/// The smallest quota from the process's group up to the top of the mount.
fn smallest_on_the_way(root: &Path, mount: &Mount, group: &Path) -> Option<f64> {
    let top = root.join(mount.point.strip_prefix("/").ok()?);
    // A group outside of what is mounted (a container that shares the host's names, or
    // "/.." from another namespace) is unreachable; the top of the mount is what we have.
    let below = group
        .strip_prefix(&mount.top)
        .ok()
        .filter(|path| path.components().all(|part| matches!(part, Component::Normal(_))))
        .unwrap_or(Path::new(""));
    // The last ancestor of a relative path is the empty one: the top itself.
    smallest(below.ancestors().filter_map(|path| read_quota(&top.join(path), mount.version)))
}

fn read_quota(dir: &Path, version: Version) -> Option<f64> {
    let read = |file: &str| fs::read_to_string(dir.join(file)).ok();
    match version {
        Version::V2 => parse_cpu_max(&read("cpu.max")?),
        Version::V1 => parse_cfs(&read("cpu.cfs_quota_us")?, &read("cpu.cfs_period_us")?),
    }
}

/// Cores from version 2's `cpu.max`: `quota period` or `max period`, in microseconds.
fn parse_cpu_max(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace();
    let quota = words.next()?.parse().ok()?;
    let period = words.next().map_or(Some(DEFAULT_PERIOD_US), |word| word.parse().ok())?;
    cores(quota, period)
}

/// Cores from version 1's two files; a quota of -1 is none.
fn parse_cfs(quota: &str, period: &str) -> Option<f64> {
    cores(quota.trim().parse().ok()?, period.trim().parse().ok()?)
}

fn cores(quota: f64, period: f64) -> Option<f64> {
    let valid = quota > 0.0 && period > 0.0 && quota.is_finite() && period.is_finite();
    valid.then(|| quota / period)
}

fn smallest(quotas: impl Iterator<Item = f64>) -> Option<f64> {
    quotas.reduce(f64::min)
}

#[cfg(test)]
mod tests {
    use super::super::tests::FakeRoot;
    use super::*;

    #[test]
    fn cpu_max_is_parsed() {
        for (text, expected) in [
            ("max 100000\n", None),
            ("max", None),
            ("200000 100000\n", Some(2.0)),
            ("50000 100000", Some(0.5)),
            ("150000", Some(1.5)),
            ("0 100000", None),
            ("100000 0", None),
            ("-1 100000", None),
            ("inf 100000", None),
            ("NaN 100000", None),
            ("100000 many", None),
            ("", None),
        ] {
            assert_eq!(parse_cpu_max(text), expected, "{text}");
        }
    }

    #[test]
    fn cfs_files_are_parsed() {
        for (quota, period, expected) in [
            ("-1\n", "100000\n", None),
            ("250000\n", "100000\n", Some(2.5)),
            ("250000", "", None),
            ("", "100000", None),
        ] {
            assert_eq!(parse_cfs(quota, period), expected, "{quota} {period}");
        }
    }

    #[test]
    fn only_hierarchies_with_a_cpu_controller_are_taken() {
        let text =
            "12:cpuset:/a\n5:cpu,cpuacct:/b\n4:cpuacct:/d\n1:name=systemd:/e\n0::/c:d\nnoise\n";
        let group = |version, path: &str| Group { version, path: path.into() };
        assert_eq!(parse_groups(text), [group(Version::V1, "/b"), group(Version::V2, "/c:d")]);
    }

    #[test]
    fn mounts_are_parsed() {
        let text = "12 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct\n\
                    13 31 0:30 /x /a\\040b rw - cgroup2 none rw\n\
                    14 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n\
                    noise\n";
        let mount = |version, top: &str, point: &str| Mount {
            version,
            top: top.into(),
            point: point.into(),
        };
        let expected =
            [mount(Version::V1, "/", "/sys/fs/cgroup/cpu"), mount(Version::V2, "/x", "/a b")];
        assert_eq!(parse_mounts(text), expected);
    }

    const V2_MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_smallest_quota_up_the_hierarchy_holds() {
        let root = FakeRoot::new();
        root.write("proc/self/cgroup", "0::/job/step/rank\n");
        root.write("proc/self/mountinfo", V2_MOUNT);
        root.write("sys/fs/cgroup/job/step/rank/cpu.max", "400000 100000\n");
        root.write("sys/fs/cgroup/job/step/cpu.max", "max 100000\n");
        root.write("sys/fs/cgroup/job/cpu.max", "150000 100000\n");
        assert_eq!(cpu_quota_under(root.path()), Some(1.5));
    }

    #[test]
    fn a_group_without_any_quota_has_none() {
        let root = FakeRoot::new();
        assert_eq!(cpu_quota_under(root.path()), None);
        root.write("proc/self/cgroup", "0::/job\n");
        root.write("proc/self/mountinfo", V2_MOUNT);
        assert_eq!(cpu_quota_under(root.path()), None);
        root.write("sys/fs/cgroup/job/cpu.max", "max 100000\n");
        assert_eq!(cpu_quota_under(root.path()), None);
    }

    #[test]
    fn a_container_sees_its_own_group_at_the_top_of_the_mount() {
        let root = FakeRoot::new();
        root.write("proc/self/cgroup", "4:cpu:/docker/abc/inner\n");
        root.write(
            "proc/self/mountinfo",
            "12 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n",
        );
        root.write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "300000\n");
        root.write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
        assert_eq!(cpu_quota_under(root.path()), Some(3.0));
        root.write("sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us", "50000\n");
        root.write("sys/fs/cgroup/cpu/inner/cpu.cfs_period_us", "100000\n");
        assert_eq!(cpu_quota_under(root.path()), Some(0.5));
    }

    #[test]
    fn a_group_outside_the_mount_falls_back_to_the_top() {
        let root = FakeRoot::new();
        root.write("proc/self/cgroup", "0::/../other\n");
        root.write("proc/self/mountinfo", V2_MOUNT);
        root.write("sys/fs/cgroup/cpu.max", "200000 100000\n");
        root.write("sys/fs/other/cpu.max", "100000 100000\n");
        assert_eq!(cpu_quota_under(root.path()), Some(2.0));
    }

    #[test]
    fn both_versions_together_give_the_smaller() {
        let root = FakeRoot::new();
        root.write("proc/self/cgroup", "3:cpu,cpuacct:/\n0::/\n");
        root.write(
            "proc/self/mountinfo",
            "12 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu,cpuacct\n13 31 0:30 / /cg/unified rw - cgroup2 cgroup2 rw\n",
        );
        root.write("cg/unified/cpu.max", "400000 100000\n");
        root.write("cg/cpu/cpu.cfs_quota_us", "100000\n");
        root.write("cg/cpu/cpu.cfs_period_us", "100000\n");
        assert_eq!(cpu_quota_under(root.path()), Some(1.0));
    }
}
