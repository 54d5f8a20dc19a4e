#!/usr/bin/env bash
# Installs what the language bindings are built and tested with, where it is missing: g++, gfortran and
# Python 3 as packages of the system (needs root or passwordless sudo; else the one command is printed and
# the exit status is 3), and Julia into build/julia (needs no privilege).
#
#   PARLA_BUILD_DIR   the build folder                                            (default: build)
#   BULLSEYE_URI      a Debian mirror that has bullseye   (default: the one the system uses already)
#
# Julia: Debian 12 has no package of it, Debian 11 (bullseye) has 1.5.3. That package and those of its
# dependencies that the system lacks are downloaded and unpacked into build/julia, not installed. An apt
# source with pins would leave a foreign release in the system's sources, 14 of its packages in dpkg's
# database, and their upkeep to whoever owns the machine; this way apt's sources, lists and package
# database stay as they are, and `rm -r build/julia` undoes everything. apt still does the resolving and
# the signature checks, with sources, lists and archives of its own below build/julia.
set -euo pipefail

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
prefix=$(realpath -m -- "${PARLA_BUILD_DIR:-$repository/build}")/julia
julia_release=bullseye
julia_oldest=1.5
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
exit_needs_root=3

has() { command -v "$1" >/dev/null; }

python_is_recent() {
    has python3 && python3 -c 'import ctypes, sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null
}

# julia_works COMMAND: whether it is recent enough and survives an exception.
julia_works() {
    has "$1" && "$1" --startup-file=no \
        -e "try error() catch; exit(VERSION >= v\"$julia_oldest\" ? 0 : 1) end" >/dev/null 2>&1
}

install_system_packages() {
    local missing=() as_root=()
    has g++ || missing+=(g++)
    has gfortran || missing+=(gfortran)
    python_is_recent || missing+=(python3)
    [ "${#missing[@]}" -gt 0 ] || return 0

    if ! has apt-get; then
        echo "install with this system's package manager: ${missing[*]}" >&2
        exit "$exit_needs_root"
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! has sudo || ! sudo -n true 2>/dev/null; then
            echo "run as root: apt-get update && apt-get install -y --no-install-recommends ${missing[*]}" >&2
            exit "$exit_needs_root"
        fi
        as_root=(sudo -n)
    fi
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends "${missing[@]}"
}

# An apt configuration, on top of the system's, that keeps everything apt writes below $1.
write_apt_configuration() {
    mkdir -p "$1/lists/partial" "$1/archives/partial" "$1/sources" "$1/preferences"
    cat >"$1/apt.conf" <<CONFIGURATION
Dir::State::Lists "$1/lists";
Dir::Cache "$1";
Dir::Cache::Archives "$1/archives";
Dir::Etc::Preferences "$1/preferences.none";
Dir::Etc::PreferencesParts "$1/preferences";
APT::Sandbox::User "root";
Debug::NoLocking "true";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
CONFIGURATION
}

# The mirror this system takes its own release from. apt tells it only from downloaded lists; where the
# system has none, they are fetched into $1.
system_mirror() {
    local codename query
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # apt fills in $(REPO_URI)
    query=(indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Component: main'
        "Release: $codename")
    { apt-get "${query[@]}" | grep . ||
        { apt-get -c="$1/apt.conf" update >&2 && apt-get -c="$1/apt.conf" "${query[@]}"; }; } | sed -n 1p
}

# unpack_julia STAGE: downloads Julia and the dependencies the system lacks, and unpacks them to STAGE/unpacked.
unpack_julia() {
    local apt=$1/apt mirror package
    write_apt_configuration "$apt"
    mirror=${BULLSEYE_URI:-$(system_mirror "$apt")}
    if [ -z "$mirror" ]; then
        echo "no Debian mirror among apt's sources: set BULLSEYE_URI" >&2
        return 1
    fi

    # From here on that release is the only source, beside what is installed.
    echo "deb [signed-by=$keyring] $mirror $julia_release main" >"$apt/sources/julia.list"
    cat >>"$apt/apt.conf" <<CONFIGURATION
Dir::Etc::SourceList "$apt/sources/julia.list";
Dir::Etc::SourceParts "$apt/sources.none";
CONFIGURATION
    if ! apt-get -c="$apt/apt.conf" -o APT::Update::Error-Mode=any update; then
        echo "that mirror has no $julia_release: set BULLSEYE_URI to one that has" >&2
        return 1
    fi
    apt-get -c="$apt/apt.conf" install -y --download-only --no-install-recommends julia
    # Two libraries of Debian 12 have the right name and the wrong behaviour. Julia hands libunwind its own
    # unwind tables, in a layout that later releases read differently: the first exception that compiled
    # code throws is a segmentation fault. Later releases of MPFR print Julia's BigFloat with two digits.
    (cd "$apt/archives" &&
        apt-get -c="$apt/apt.conf" download "libunwind8/$julia_release" "libmpfr6/$julia_release")

    for package in "$apt"/archives/*.deb; do
        dpkg-deb -x "$package" "$1/unpacked"
    done
}

# Julia's own folder holds links such as ../libgmp.so.10 beside it: where the system supplies that library,
# it is linked there.
link_system_libraries() {
    local link target library
    find "$1/julia" -xtype l | while read -r link; do
        target=$(readlink "$link")
        # Read to its end: ldconfig would die of a pipe that closes early.
        library=$(ldconfig -p | awk -v name="${target##*/}" '$1 == name && !found++ { print $NF }')
        if [ -n "$library" ]; then
            ln -sf "$library" "$1/${target##*/}"
        fi
    done
}

install_julia() {
    local stage
    if julia_works "$prefix/bin/julia" || julia_works julia; then
        return 0
    fi
    if ! has apt-get || ! has dpkg-deb || [ ! -r "$keyring" ]; then
        echo "Julia is unpacked from Debian packages: on this system install Julia $julia_oldest or later" \
            "so that it is in PATH" >&2
        return 1
    fi

    stage=$prefix.stage
    rm -rf -- "$stage"
    mkdir -p "$stage/unpacked/bin"
    PATH=$PATH:/usr/sbin:/sbin
    unpack_julia "$stage"
    link_system_libraries "$(dirname -- "$(find "$stage/unpacked/usr/lib" -name libjulia.so.1)")"

    cat >"$stage/unpacked/bin/julia" <<'WRAPPER'
#!/bin/sh
# Runs the unpacked Julia with the libraries unpacked beside it.
here=$(dirname -- "$(dirname -- "$(readlink -f -- "$0")")")
libraries=$(dirname -- "$here"/usr/lib/*/libjulia.so.1)
libraries=$libraries:$here/${libraries#"$here/usr/"}
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
exec "$here/usr/bin/julia" "$@"
WRAPPER
    chmod +x "$stage/unpacked/bin/julia"
    "$stage/unpacked/bin/julia" --startup-file=no -e 'println("julia ", VERSION)'
    if ! julia_works "$stage/unpacked/bin/julia"; then
        echo "the unpacked Julia does not work here: see $stage" >&2
        return 1
    fi

    rm -rf -- "$prefix"
    mv -- "$stage/unpacked" "$prefix"
    rm -rf -- "$stage"
}

# Each part on its own: what one lacks does not keep the other from being installed.
set +e
(set -e; install_julia)
julia_status=$?
(set -e; install_system_packages)
system_status=$?
if [ "$system_status" -ne 0 ]; then
    exit "$system_status"
fi
exit "$julia_status"
