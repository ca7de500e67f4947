# Sourced by the scripts that find programs, or unpack them from the distribution's packages into
# .tools/debian: nothing is installed, no service starts, no root is needed.
# shellcheck shell=bash

tools=$PWD/.tools
bin=$tools/bin
unpacked=$tools/debian

fail() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

# The first of the given programs that a folder of a PATH-like list holds; nothing from .tools/bin.
find_in() {
    local folders=$1 name folder
    shift
    for name in "$@"; do
        while IFS= read -r -d : folder; do
            [[ $folder != "$bin" && -x $folder/$name && ! -d $folder/$name ]] || continue
            echo "$folder/$name"
            return
        done <<<"$folders:"
    done
    return 1
}

download() {
    # The option spares root a warning about a folder that apt's own user can't read.
    (cd "$1" && apt-get -qq -o APT::Sandbox::User="$(id -un)" download "${@:2}")
}

# Every package that one needs, directly or not.
needs_of() {
    apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks \
        --no-replaces --no-enhances "$1" | grep -xE '[a-z0-9][a-z0-9.+-]+' | sort -u
}

# unpack FOLDER PACKAGE ALSO: one package, and those that the function ALSO names for it.
unpack() {
    local folder=$1/$2 package=$2 others
    command -v apt-get dpkg-deb >/dev/null || fail "this system has no apt-get; install what" \
        "$package of Debian has so that it is on PATH, then run this again."
    mkdir "$folder"
    # One at a time: 'make' starts several of these scripts, and apt-get update bears no other.
    exec {unpacking}<"$tools"
    flock "$unpacking"
    if ! download "$folder" "$package" 2>"$folder/log"; then
        [[ $(id -u) = 0 ]] || fail "the package $package could not be fetched ($(tail -n 1 "$folder/log"));" \
            "run 'sudo apt-get update' once, or install $package, then run this again."
        apt-get -qq update || fail "apt-get update failed, so the package $package can't be fetched."
        download "$folder" "$package" || fail "the package $package could not be fetched."
    fi
    mapfile -t others < <("$3" "$package")
    ((${#others[@]} == 0)) || download "$folder" "${others[@]}"
    mkdir -p "$unpacked"
    for package in "$folder"/*.deb; do
        dpkg-deb --extract "$package" "$unpacked"
    done
    exec {unpacking}<&-
}
