#!/bin/sh
# Builds the guests in this folder: build.sh [TARGET]
#
# TARGET is wasm32-unknown-unknown (the default: no WASI imports) or wasm32-wasip2. Where rustup
# has the target, or can download it, its own toolchain builds. Elsewhere (Debian and its
# derivatives without access to static.rust-lang.org) Debian's rustc and its wasm standard
# library are unpacked into a cache folder, which changes nothing else on the machine.
set -eu

target=${1:-wasm32-unknown-unknown}
suite=${SUITE:-trixie}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/airssys/rust-wasm-$suite
here=$(cd "$(dirname "$0")" && pwd)

has_target() {
    [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]
}

# apt, with all of its state inside the cache folder, on the mirror that the machine uses.
apt_in_cache() {
    command=$1
    shift
    "$command" -q -o Dir::State="$cache/apt" -o Dir::State::lists="$cache/apt/lists" \
        -o Dir::State::status="$cache/apt/status" -o Dir::Cache="$cache/apt/cache" \
        -o Dir::Etc::sourcelist="$cache/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null \
        -o Dir::Etc::preferencesparts=/dev/null -o Acquire::Languages=none \
        -o APT::Sandbox::User=root "$@"
}

unpack_debian_rust() {
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' | head -n 1)
    if [ -z "$mirror" ]; then
        echo "build.sh: rustup cannot provide $target, and apt has no Debian mirror to take it from;" \
            "run \`rustup target add $target\` where there is a network" >&2
        exit 1
    fi
    mkdir -p "$cache/apt/lists/partial" "$cache/apt/cache/archives/partial"
    : > "$cache/apt/status"
    echo "deb $mirror $suite main" > "$cache/apt/sources.list"
    apt_in_cache apt-get update
    # No C compiler: what runs on this machine is linked by its own.
    packages=$(apt_in_cache apt-get -s install --no-install-recommends \
        libstd-rust-dev libstd-rust-dev-wasm32 | awk '/^Inst/ { print $2 }')
    (
        cd "$cache"
        # shellcheck disable=SC2086 # one word per package
        apt_in_cache apt-get download rustc $packages
        rm -rf unpacking
        for package in *.deb; do
            dpkg -x "$package" unpacking
        done
        rm -f ./*.deb
        mv unpacking root
    )
}

# Debian's rustc runs by the C library that came with it, and links wasm with rustup's own tools.
use_debian_rust() {
    [ -d "$cache/root" ] || unpack_debian_rust
    libraries=$cache/root/usr/lib/$(uname -m)-linux-gnu
    loader=$(find "$libraries" -name 'ld-linux-*.so.*' | head -n 1)
    printf '#!/bin/sh\nexec "%s" --library-path "%s" "%s" "$@"\n' \
        "$loader" "$libraries" "$cache/root/usr/bin/rustc" > "$cache/rustc"
    chmod +x "$cache/rustc"
    tools=$(rustc --print sysroot)/lib/rustlib/$(uname -m)-unknown-linux-gnu/bin
    export RUSTC="$cache/rustc" PATH="$tools/gcc-ld:$tools:$PATH"
    export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$tools/wasm-component-ld"
    export CARGO_TARGET_WASM32_WASIP2_LINKER="$tools/wasm-component-ld"
}

if ! has_target && ! timeout 60 rustup target add "$target" 2>/dev/null; then
    use_debian_rust
fi
cargo build --release --target "$target" --manifest-path "$here/Cargo.toml"
# The manifests name the guests where they are, whichever target they were built for.
for guest in split count; do
    cp "$here/target/$target/release/words_$guest.wasm" "$here/$guest/$guest.wasm"
done
