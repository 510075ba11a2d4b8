# Installs what a Debian machine with only Rust lacks. Sourced by tests/run and tests/bench/run.

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo -n "$@"
    else
        printf 'This needs root or sudo: %s\n' "$*" >&2
        return 1
    fi
}

# Packages whose command or file is not there.
missing_packages() {
    command -v gcc >/dev/null || echo gcc libc6-dev
    command -v curl >/dev/null || echo curl
    command -v openssl >/dev/null || echo openssl
    missing_browser
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    command -v python3 >/dev/null || echo python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    command -v initdb >/dev/null || [ -n "$(find /usr/lib/postgresql -name initdb 2>/dev/null)" ] || echo postgresql
    [ -n "$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)" ] || echo libfaketime
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ] || echo fontconfig fonts-noto-cjk
    [ -n "$(fc-list :lang=und-zsye 2>/dev/null)" ] || echo fonts-noto-color-emoji
}

# The same for tests/bench/run: the brokers, and what the other servers run on.
missing_bench_packages() {
    command -v gcc >/dev/null || echo gcc libc6-dev
    command -v taskset >/dev/null && command -v setpriv >/dev/null || echo util-linux
    command -v nats-server >/dev/null || echo nats-server
    command -v redis-server >/dev/null || echo redis-server
    command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ] || echo mosquitto
    missing_browser
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    command -v python3 >/dev/null || echo python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

missing_browser() {
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
}

install_packages() {
    install_missing missing_packages
}

# install_missing FUNCTION: installs the packages that the function names.
install_missing() {
    local packages
    mapfile -t packages < <("$1" | tr ' ' '\n')
    [ "${#packages[@]}" -gt 0 ] || return 0
    printf 'missing: %s\n' "${packages[*]}"
    if ! command -v apt-get >/dev/null; then
        printf 'Not a Debian machine: install these by hand, then run again: %s\n' "${packages[*]}" >&2
        return 1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    without_services apt-get install -q -y --no-install-recommends "${packages[@]}"
    stay_off "${packages[@]}"
}

# Runs a command of the package manager as root while nothing that it installs may start a service. In a shell of its own, whose
# end takes the policy away again, however it ends.
without_services() (
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'as_root rm -f "$policy"' EXIT
        # Not before the package manager has ended, where only this shell is told to.
        trap 'exit 129' HUP
        trap 'exit 143' TERM
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    as_root env DEBIAN_FRONTEND=noninteractive "$@"
)

# A server that was installed for tests or the bench does not start with the machine either.
stay_off() {
    local package
    command -v systemctl >/dev/null || return 0
    for package in "$@"; do
        case $package in
            nats-server | redis-server | mosquitto | postgresql) as_root systemctl disable -q "$package" ;;
        esac
    done
}

# The browser driver wants Node 20, and the limit on a test file's time 20.11; where the distribution's is older, one comes as an npm package.
install_node() {
    [ "$(node -p '+process.versions.node.replace(/\.(\d+).*/, (_, minor) => minor.padStart(3, 0))')" -lt 20011 ] || return 0
    npm install --prefix "$target/test-node" --no-audit --no-fund "node-linux-$(node -p process.arch)@20.20.2"
}

# Where that package puts it; nothing is there if it was not needed.
node_of_package() {
    local folder
    for folder in "$target"/test-node/node_modules/node-linux-*/bin; do
        [ ! -x "$folder/node" ] || printf '%s' "$folder:"
    done
}

# The components of the toolchain that a minimal rustup leaves out.
install_rust_components() {
    cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt
    cargo clippy --version >/dev/null 2>&1 || rustup component add clippy
}

# install_npm_packages [FOLDER]: what its lock file names.
install_npm_packages() {
    npm ci --prefix "${1:-tests/web}" --no-audit --no-fund --ignore-scripts
}

# install_python_packages [FOLDER LIST]: a virtual environment with the pinned packages, made again only when their list changes.
install_python_packages() {
    local folder=${1:-$venv} list=${2:-tests/requirements.txt}
    local stamp="$folder/installed.txt"
    cmp -s "$list" "$stamp" && return 0
    python3 -m venv --clear "$folder"
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$list"
    cp "$list" "$stamp"
}
