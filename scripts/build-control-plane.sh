#!/usr/bin/env bash
# Builds kube-apiserver, kube-controller-manager, kube-scheduler, kubemark and kubectl from Debian's own source package,
# once, into the user's cache. Prints the folder that holds the programs. About 5 minutes on 2 cores.
# With KUBEBUILDER_ASSETS set (the convention of envtest), the programs there are used and nothing is built.
source "$(dirname "$0")/lib.sh"

programs=(kube-apiserver kube-controller-manager kube-scheduler kubemark kubectl)
bin="$control_plane_cache/bin"

if [ -n "${KUBEBUILDER_ASSETS:-}" ]; then
    [ -x "$KUBEBUILDER_ASSETS/kube-apiserver" ] || fail "KUBEBUILDER_ASSETS=$KUBEBUILDER_ASSETS holds no kube-apiserver"
    echo "$KUBEBUILDER_ASSETS"
    exit 0
fi
complete() { for program in "${programs[@]}"; do [ -x "$bin/$program" ] || return 1; done; }
if complete; then echo "$bin"; exit 0; fi

mkdir -p "$control_plane_cache"
exec 9>"$control_plane_cache/lock"
flock 9 # several checkouts may start at once; the second finds the work done
if complete; then echo "$bin"; exit 0; fi

"$(dirname "$0")/install-packages.sh" control-plane-build

work="$control_plane_cache/build"
rm -rf "$work"
mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial" "$bin"

# The machine's own binary entries for its Debian release become source entries in a private list, so that no mirror is
# named here and the machine's configuration stays as it is.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
python3 - "$codename" >"$work/apt/sources.list" <<'PYTHON'
import glob, re, sys
codename = sys.argv[1]
wanted = {codename, codename + "-updates", codename + "-security"}
lines = []
for path in ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*.list")):
    try:
        text = open(path).read()
    except OSError:
        continue
    for line in text.splitlines():
        match = re.match(r"^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.+)$", line.strip())
        if match and match.group(3) in wanted:
            options = re.sub(r"arch=\S+?(?=[\s\]])", "", match.group(1) or "")
            lines.append(f"deb-src {options}{match.group(2)} {match.group(3)} {match.group(4)}")
for path in sorted(glob.glob("/etc/apt/sources.list.d/*.sources")):
    for stanza in re.split(r"\n\s*\n", open(path).read()):
        fields, key = {}, None
        for line in stanza.splitlines():
            if line.startswith("#") or not line.strip():
                continue
            if line[0] in " \t" and key:
                fields[key] += " " + line.strip()
            elif ":" in line:
                key, value = line.split(":", 1)
                key = key.strip().lower()
                fields[key] = value.strip()
        if "deb" not in fields.get("types", "").split():
            continue
        signed = fields.get("signed-by", "")
        option = f"[signed-by={signed}] " if signed.startswith("/") else ""
        for uri in fields.get("uris", "").split():
            for suite in fields.get("suites", "").split():
                if suite in wanted:
                    lines.append(f"deb-src {option}{uri} {suite} {fields.get('components', 'main')}")
print("\n".join(lines))
PYTHON
[ -s "$work/apt/sources.list" ] || fail "no Debian entry for release '$codename' found in /etc/apt to fetch the Kubernetes source from"

apt_options=(-o "Dir::Etc::sourcelist=$work/apt/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o "Dir::State::Lists=$work/apt/lists" -o "Dir::Cache=$work/apt/cache" -o APT::Sandbox::User=root)
logs="$cache_home/logs"
slow_step "reading Debian's source lists" "$logs/control-plane-lists.log" apt-get "${apt_options[@]}" update
fetch() { cd "$work" && apt-get "${apt_options[@]}" source --download-only "kubernetes=$kubernetes_source_version"; }
slow_step "fetching the Kubernetes source package" "$logs/control-plane-source.log" fetch
extract() { cd "$work" && dpkg-source --no-check -x kubernetes_*.dsc "$work/tree"; }
slow_step "unpacking it" "$logs/control-plane-unpack.log" extract

# The vendored reflect2 1.0.1 crashes programs built with Go 1.18 or newer while they encode maps; Debian's 1.0.2 does not.
reflect2="$work/tree/vendor/github.com/modern-go/reflect2"
rm -f "$reflect2"/*.go "$reflect2"/*.s
cp /usr/share/gocode/src/github.com/modern-go/reflect2/* "$reflect2/" 2>/dev/null || true
rm -f "$reflect2"/*_test.go
[ -f "$reflect2/safe_map.go" ] || fail "golang-github-modern-go-reflect2-dev holds no reflect2 source"

adapt() { patch -d "$work/tree" -p1 --forward --batch <"$repository/scripts/hollow-nodes.patch"; }
slow_step "adapting the hollow nodes" "$logs/control-plane-patch.log" adapt

mkdir -p "$work/gopath/src/k8s.io"
ln -s "$work/tree" "$work/gopath/src/k8s.io/kubernetes"
compile() {
    cd "$work/gopath/src/k8s.io/kubernetes"
    # Debian's own Go comes first: newer ones do not compile this source.
    env -u GOROOT PATH="/usr/bin:$PATH" \
        GOPATH="$work/gopath" GOFLAGS="" CGO_ENABLED=0 GO111MODULE=off GOCACHE="$work/gocache" \
        make WHAT="cmd/kube-apiserver cmd/kube-controller-manager cmd/kube-scheduler cmd/kubemark cmd/kubectl"
}
slow_step "building the local control plane (once, about 5 minutes)" "$logs/control-plane-build.log" compile

for program in "${programs[@]}"; do
    install -m 0755 "$work/tree/_output/local/bin/linux"/*/"$program" "$bin/.$program"
    mv "$bin/.$program" "$bin/$program"
done
chmod -R u+w "$work" && rm -rf "$work"
echo "$bin"
