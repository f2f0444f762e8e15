# Steps that ./quickstart and ./test share; sourced, with $root set. POSIX sh. Everything fetched lands in one
# private folder; nothing of the system changes, except apt packages where a function says so. The shell has no
# local variables: what a function sets, it names for itself alone.

cache=${KUBEWRIGHT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/tmp}/.cache}/kubewright}

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }
give_up() { # what, remedy
  printf '\nstopped: %s\n  help: %s\n' "$1" "$2" >&2
  exit 2
}
have() { command -v "$1" >/dev/null 2>&1; }

need() { # program, system package
  have "$1" || give_up "$1 is missing" "install it first (on Debian and its kin: apt-get install $2), then run this again"
}

# The major version of the Node on PATH, 0 when there is none.
node_major() {
  if have node; then node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; else echo 0; fi
}

# Puts a Node of 22 or newer first on PATH. The private one is an npm package with the binary inside, so
# whatever registry npm is set to serves it, and no install script runs.
setup_node() {
  if [ "$(node_major)" -ge 22 ]; then
    say "Node $(node --version): new enough"
    return
  fi
  need npm npm
  private=$cache/node/24
  if [ ! -x "$private/bin/node" ]; then
    case $(uname -s) in Linux) os=linux ;; Darwin) os=darwin ;; *) os= ;; esac
    case $(uname -m) in x86_64 | amd64) arch=x64 ;; aarch64 | arm64) arch=arm64 ;; armv7l) arch=armv7l ;; ppc64le) arch=ppc64le ;; s390x) arch=s390x ;; *) arch= ;; esac
    [ -n "$os" ] && [ -n "$arch" ] ||
      give_up "there is no ready-made Node 24 for $(uname -s) $(uname -m)" 'install Node 22 or newer yourself, then run this again'
    say "Node $(node --version 2>/dev/null || echo none) is too old: fetching a private Node 24 into $private"
    mkdir -p "$cache/node"
    fresh=$cache/node/.new-$$
    npm install --prefix "$fresh" --no-save --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error "node-$os-$arch@24" >/dev/null ||
      give_up "npm could not fetch the package node-$os-$arch" 'check npm ping and npm config get registry, or install Node 22 or newer yourself'
    chmod +x "$fresh/node_modules/node-$os-$arch/bin/node"
    # Two runs at once: one of them wins, both are content.
    mv "$fresh/node_modules/node-$os-$arch" "$private" 2>/dev/null || true
    rm -rf "$fresh"
  fi
  PATH=$private/bin:$PATH
  export PATH
  [ "$(node_major)" -ge 22 ] || give_up "$private/bin/node does not run here" "remove $private and install Node 22 or newer yourself"
  say "Node $(node --version), private: $private/bin/node"
}

# The exact packages of package-lock.json, and the compiled program. Quick when nothing changed.
setup_program() {
  need npm npm
  stamp=$root/node_modules/.kubewright-lock
  sum=$(cksum <"$root/package-lock.json")
  if [ -L "$root/node_modules" ]; then
    note 'node_modules is a link: left alone'
  elif [ ! -f "$stamp" ] || [ "$(cat "$stamp")" != "$sum" ]; then
    say 'installing the npm packages of package-lock.json into node_modules'
    (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error >/dev/null) ||
      give_up 'npm ci failed; its message stands above' 'check npm ping and npm config get registry, then run this again'
    printf '%s\n' "$sum" >"$stamp"
  fi
  say 'compiling kubewright into dist'
  told=$(cd "$root" && npm run --silent build 2>&1) || {
    printf '%s\n' "$told" >&2
    give_up 'the sources of kubewright do not compile' 'git status tells what was changed here'
  }
}

# Where Go modules (and with them Go itself) come from. Set by the user, or known to a Go that is here; else
# Debian's own Go is asked: its binary is taken out of its package for `go env`, and used for nothing else.
setup_go_settings() {
  if [ -n "${GOPROXY:-}" ]; then
    say 'Go comes from GOPROXY, as set in the environment'
    return
  fi
  if have go; then
    say "Go comes from the proxy that $(command -v go) is set to"
    return
  fi
  if [ -f "${XDG_CONFIG_HOME:-${HOME:-/nowhere}/.config}/go/env" ] && grep -q '^GOPROXY=.' "${XDG_CONFIG_HOME:-$HOME/.config}/go/env"; then
    say 'Go comes from GOPROXY, as set with go env -w'
    return
  fi
  asked=$cache/setup/go
  if [ ! -x "$asked/bin/go" ]; then
    say 'No Go and no GOPROXY: asking the Go package of this system where Go modules come from'
    take_go_of_system "$asked" ||
      give_up 'there is no Go here, no GOPROXY, and no golang package to ask' 'set GOPROXY to the address of a Go module proxy, then run this again'
  fi
  GOPROXY=$(GOROOT=$asked GOENV=off GOTOOLCHAIN=local "$asked/bin/go" env GOPROXY)
  [ -n "${GOSUMDB:-}" ] || GOSUMDB=$(GOROOT=$asked GOENV=off GOTOOLCHAIN=local "$asked/bin/go" env GOSUMDB)
  export GOPROXY GOSUMDB
  [ -n "$GOPROXY" ] || give_up 'the Go of this system names no module proxy' 'set GOPROXY to the address of a Go module proxy, then run this again'
  say 'Go comes from the proxy that the Go package of this system is set to'
}

# Unpacks only bin/go of the package that golang-go stands for.
take_go_of_system() { # directory
  have apt-get && have dpkg-deb || return 1
  taking=$cache/setup/.go-$$
  mkdir -p "$taking/lists/partial" "$taking/cache/archives/partial" || return 1
  aptly="-o Dir::State::lists=$taking/lists -o Dir::Cache=$taking/cache -o Acquire::Languages=none"
  [ "$(id -u)" -ne 0 ] || aptly="$aptly -o APT::Sandbox::User=root"
  wanted=$(real_go_package)
  # shellcheck disable=SC2086 # options without blanks, split on purpose
  if [ -z "$wanted" ] || ! (cd "$taking" && apt-get -q download "$wanted" >/dev/null 2>&1); then
    apt-get -q $aptly update >/dev/null 2>&1
    wanted=$(real_go_package $aptly)
    [ -n "$wanted" ] && (cd "$taking" && apt-get -q $aptly download "$wanted" >/dev/null) || { rm -rf "$taking"; return 1; }
  fi
  note "taking bin/go out of $(cd "$taking" && ls -- *.deb)"
  mkdir -p "$taking/root" "$taking/out/bin"
  dpkg-deb --fsys-tarfile "$taking"/*.deb | tar -x -C "$taking/root" --wildcards './usr/lib/go-*/bin/go' 2>/dev/null
  found=$(find "$taking/root" -type f -name go | head -n 1)
  if [ -n "$found" ] && mv "$found" "$taking/out/bin/go"; then
    rm -rf "$1"
    mv "$taking/out" "$1" 2>/dev/null
  fi
  rm -rf "$taking"
  [ -x "$1/bin/go" ]
}

# golang-go depends on the package of one version: golang-1.19-go.
real_go_package() { apt-cache "$@" depends golang-go 2>/dev/null | sed -n 's/^ *Depends: \(golang-[0-9.]*-go\)$/\1/p' | head -n 1; }

# Installs the missing ones of some system packages; says so first. Without root it only tells.
setup_system_packages() { # lines "program package reason" on standard input
  missing=
  while read -r program package reason; do
    have "$program" && continue
    note "$package: $reason"
    missing="$missing $package"
  done
  [ -n "$missing" ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! have apt-get; then
    note "not installed (that needs root and apt): as root, apt-get install$missing"
    return 0
  fi
  say "installing with apt-get:$missing"
  # shellcheck disable=SC2086 # a list of names
  { apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends $missing; } >"$cache/setup-apt.log" 2>&1 ||
    note "apt-get failed, the rest goes on without; its words: $cache/setup-apt.log"
}

# The official validators of SPDX and CycloneDX, from PyPI, in an environment of their own.
setup_validators() {
  KUBEWRIGHT_TEST_VALIDATORS=$cache/validators/1
  export KUBEWRIGHT_TEST_VALIDATORS
  [ ! -x "$KUBEWRIGHT_TEST_VALIDATORS/done" ] || return 0
  say 'installing the validators of SPDX and CycloneDX (PyPI)'
  mkdir -p "$cache/validators"
  if python3 -m venv "$KUBEWRIGHT_TEST_VALIDATORS" >"$cache/setup-validators.log" 2>&1 &&
    "$KUBEWRIGHT_TEST_VALIDATORS/bin/pip" install -q spdx-tools==0.8.5 'cyclonedx-python-lib[json-validation]==11.12.0' >>"$cache/setup-validators.log" 2>&1; then
    printf '#!/bin/sh\n' >"$KUBEWRIGHT_TEST_VALIDATORS/done"
    chmod +x "$KUBEWRIGHT_TEST_VALIDATORS/done"
  else
    note "that failed, their tests are skipped; the words: $cache/setup-validators.log"
  fi
}

# Servers of buckets that releases are published to, and cosign, which judges signatures; from the Go module proxy, built once.
setup_servers() {
  KUBEWRIGHT_TEST_SERVERS=$cache/servers/1
  export KUBEWRIGHT_TEST_SERVERS
  for module in github.com/versity/versitygw/cmd/versitygw@v1.8.0 github.com/fsouza/fake-gcs-server@v1.56.1 github.com/sigstore/cosign/v3/cmd/cosign@v3.1.3; do
    server=${module%@*}
    server=${server##*/}
    [ ! -x "$KUBEWRIGHT_TEST_SERVERS/$server" ] || continue
    [ -n "${builder:-}" ] || builder=$(go_that_builds) || {
      note "there is no Go to build $server with, its tests are skipped"
      continue
    }
    say "building $server (one to four minutes, once)"
    mkdir -p "$KUBEWRIGHT_TEST_SERVERS"
    GOBIN=$KUBEWRIGHT_TEST_SERVERS GOFLAGS= GO111MODULE=on GOTOOLCHAIN=auto CGO_ENABLED=0 "$builder" install "$module" >"$cache/setup-$server.log" 2>&1 ||
      note "that failed, its tests are skipped; the words: $cache/setup-$server.log"
  done
}

# The go on PATH, else the newest that tests are run with, fetched to where they will look for it.
go_that_builds() {
  command -v go && return
  tests=${KUBEWRIGHT_TEST_CACHE:-${TMPDIR:-/tmp}/kubewright-tests}
  mkdir -p "$tests"
  newest=$(sed -n "s/^export const NEWEST_GO = '\(.*\)';/\1/p" "$root/tests/integration/toolchains.ts")
  got=$(cd "$tests" && KUBEWRIGHT_CACHE=$tests node "$root/bin/kubewright.cjs" toolchain get "$newest" --json) || return 1
  printf '%s\n' "$got" | node -p 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).root + "/bin/go"'
}

# Seconds since $1 (from `date +%s`), for people: "1 min 5 s".
since() {
  seconds=$(($(date +%s) - $1))
  if [ "$seconds" -lt 60 ]; then echo "$seconds s"; else echo "$((seconds / 60)) min $((seconds % 60)) s"; fi
}
