# Installs what a Debian machine with only Rust lacks. Sourced by tests/run.

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
    command -v chromium >/dev/null || command -v chromium-browser >/dev/null || command -v google-chrome >/dev/null || echo chromium
    command -v node >/dev/null || echo nodejs
    command -v npm >/dev/null || echo npm
    command -v python3 >/dev/null || echo python3
    python3 -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
    [ -n "$(fc-list :lang=zh 2>/dev/null)" ] || echo fontconfig fonts-noto-cjk
    [ -n "$(fc-list :lang=und-zsye 2>/dev/null)" ] || echo fonts-noto-color-emoji
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages | tr ' ' '\n')
    [ "${#packages[@]}" -gt 0 ] || return 0
    printf 'missing: %s\n' "${packages[*]}"
    if ! command -v apt-get >/dev/null; then
        printf 'Not a Debian machine: install these by hand, then run again: %s\n' "${packages[*]}" >&2
        return 1
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
}

# The browser driver wants Node 20; where the distribution's is older, one comes as an npm package.
install_node() {
    [ "$(node -p 'process.versions.node.split(".")[0]')" -lt 20 ] || return 0
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

install_npm_packages() {
    npm ci --prefix tests/web --no-audit --no-fund --ignore-scripts
}

# A virtual environment with the pinned packages, made again only when their list changes.
install_python_packages() {
    local stamp="$venv/installed.txt"
    cmp -s tests/requirements.txt "$stamp" && return 0
    python3 -m venv --clear "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
    cp tests/requirements.txt "$stamp"
}
