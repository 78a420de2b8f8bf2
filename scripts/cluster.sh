#!/usr/bin/env bash
# A private Kubernetes control plane on loopback: etcd, kube-apiserver (RBAC), controller-manager, scheduler and hollow
# nodes whose pods become Running without anything being executed. Several can run side by side, each in its own folder.
#
#   cluster.sh start DIR [--nodes N] [--no-controllers]   ready on return; a stopped cluster goes on with its objects
#   cluster.sh stop DIR
#   cluster.sh restart-apiserver DIR                      same port, same etcd: what a client sees of an upgrade
#   cluster.sh kill DIR etcd|kube-apiserver               ends it without a word (SIGKILL)
#   cluster.sh revive DIR etcd|kube-apiserver             starts it again on its port; ready on return
#   cluster.sh save DIR                                   keeps a copy of everything that etcd has
#   cluster.sh restore DIR                                goes back to it, as from a backup: versions begin there anew
#   cluster.sh env DIR                                    prints `export KUBECONFIG=…` and `export KUBECTL=…`
#
# DIR/kubeconfig has an administrator's token, DIR/pki/client-ca.{crt,key} is the authority of client certificates, DIR/logs
# has a log of each program. --no-controllers starts only etcd and the API server. `make clean` or removing DIR after `stop`
# forgets the cluster.
source "$(dirname "$0")/lib.sh"

usage() { sed -n '2,/^source/{/^#/s/^# \{0,1\}//p}' "$0" >&2; exit 2; }

command=${1:-}
[ $# -ge 2 ] || usage
case $command in start | stop | restart-apiserver | kill | revive | save | restore | env) ;; *) usage ;; esac
umask 077
[ "$command" != start ] || mkdir -p "$2"
[ -d "$2" ] || case $command in stop) exit 0 ;; *) fail "no cluster was started in $2" ;; esac
dir=$(cd "$2" && pwd)
shift 2
program=
case $command in
    kill | revive)
        case ${1:-} in etcd | kube-apiserver) program=$1; shift ;; *) usage ;; esac
        ;;
esac
nodes=2 controllers=yes
while [ $# -gt 0 ]; do
    case $1 in
        --nodes) nodes=${2:?--nodes needs a number}; shift 2 ;;
        --no-controllers) controllers=no; shift ;;
        *) usage ;;
    esac
done
[ "$controllers" = yes ] || nodes=0

# Seconds. An API server that was told to end waits a minute for connections that stay open; watches always do.
apiserver_grace=1
programs=(etcd kube-apiserver kube-controller-manager kube-scheduler)
logs="$dir/logs" run="$dir/run" pki="$dir/pki"

start_program() { # NAME command…
    local name=$1
    shift
    # Programs leave temporary files behind when they are ended; these go with the cluster.
    (cd "$dir" && TMPDIR="$(readlink "$dir/tmp")" start_process "$run/$name.pid" "$logs/$name.log" "$@")
}

stop_all() {
    local file name
    for file in "$run"/*.pid; do # nodes first, then downwards to etcd
        name=$(basename "$file" .pid)
        case " ${programs[*]} " in *" $name "*) ;; *) [ ! -f "$file" ] || kill_quietly "$file" ;; esac
    done
    for file in "$run"/hollow-*.pid; do [ ! -f "$file" ] || stop_process "$file" 3; done
    for name in kube-scheduler kube-controller-manager; do stop_process "$run/$name.pid" 3; done
    stop_process "$run/kube-apiserver.pid" "$apiserver_grace"
    stop_process "$run/etcd.pid"
    remove_temporary_folder
}
# Hollow nodes are told all together, then waited for one by one.
kill_quietly() { local pid; if process_alive "$1"; then read -r pid _ <"$1"; kill "$pid" 2>/dev/null || true; fi; }

# Short, because sockets are kept there, whose whole path may have only 107 characters.
make_temporary_folder() { ln -sfn "$(mktemp -d "${TMPDIR:-/tmp}/callboard-cluster.XXXXXX")" "$dir/tmp"; }
remove_temporary_folder() { [ ! -L "$dir/tmp" ] || { rm -rf "$(readlink "$dir/tmp")" && rm -f "$dir/tmp"; }; }

# The credentials of this cluster, made once. Everything here is for the owner's eyes only.
make_credentials() {
    mkdir -p "$pki" "$logs" "$run"
    if [ ! -f "$pki/tokens.csv" ]; then
        openssl genrsa -out "$pki/sa.key" 2048 2>/dev/null
        openssl rsa -in "$pki/sa.key" -pubout -out "$pki/sa.pub" 2>/dev/null
        # token, user, uid, groups: system:masters may do everything
        echo "$(random_secret),admin,admin,system:masters" >"$pki/tokens.csv"
    fi
    if [ ! -f "$pki/client-ca.crt" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -noenc -days 3650 -subj /CN=clients \
            -keyout "$pki/client-ca.key" -out "$pki/client-ca.crt" 2>/dev/null
    fi
}

knows_flag() { [[ "$("$1" --help 2>&1)" =~ (^|[[:space:]])$2 ]]; }

start_etcd() {
    local flags=()
    # Losing the last moments to a power failure is fine here; waiting for the disk on every write is not.
    if knows_flag "$etcd" --unsafe-no-fsync; then flags+=(--unsafe-no-fsync); fi
    start_program etcd "$etcd" --name local --data-dir "$dir/etcd" "${flags[@]}" \
        --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
        --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
        --initial-cluster "local=http://127.0.0.1:$peer_port"
}

start_apiserver() {
    local flags=()
    # A cluster of before has none.
    if [ -f "$pki/client-ca.crt" ]; then flags+=(--client-ca-file "$pki/client-ca.crt"); fi
    # The ServiceAccount admission would make pods wait for a controller that may not be there.
    # No endpoint of the kubernetes Service: the only address there is, loopback, is not allowed as one.
    start_program kube-apiserver "$assets/kube-apiserver" --etcd-servers "http://127.0.0.1:$etcd_port" \
        --bind-address 127.0.0.1 --secure-port "$api_port" --cert-dir "$pki/apiserver" \
        --advertise-address 127.0.0.1 --endpoint-reconciler-type none --service-cluster-ip-range 10.0.0.0/24 \
        --service-account-key-file "$pki/sa.pub" --service-account-signing-key-file "$pki/sa.key" \
        --service-account-issuer https://kubernetes.default.svc --token-auth-file "$pki/tokens.csv" \
        --authorization-mode RBAC --allow-privileged=true --disable-admission-plugins ServiceAccount "${flags[@]}"
}

write_kubeconfig() {
    cat >"$dir/kubeconfig.new" <<YAML
apiVersion: v1
kind: Config
current-context: local
contexts:
  - name: local
    context: {cluster: local, user: admin}
clusters:
  - name: local
    cluster:
      server: https://127.0.0.1:$api_port
      certificate-authority-data: $(base64 -w0 <"$pki/apiserver/apiserver.crt")
users:
  - name: admin
    user:
      token: $(cut -d, -f1 "$pki/tokens.csv")
YAML
    mv "$dir/kubeconfig.new" "$dir/kubeconfig"
}

start_controllers() {
    start_program kube-controller-manager "$assets/kube-controller-manager" --kubeconfig "$dir/kubeconfig" \
        --bind-address 127.0.0.1 --secure-port "$manager_port" --cert-dir "$pki/manager" --leader-elect=false \
        --service-account-private-key-file "$pki/sa.key" --root-ca-file "$pki/apiserver/apiserver.crt" \
        --use-service-account-credentials=false "${manager_flags[@]}"
    start_program kube-scheduler "$assets/kube-scheduler" --kubeconfig "$dir/kubeconfig" \
        --bind-address 127.0.0.1 --secure-port "$scheduler_port" --cert-dir "$pki/scheduler" --leader-elect=false \
        "${scheduler_flags[@]}"
}

# The Node objects come before their kubelets: one that finds its pod network set reports Ready at once, not at its next
# status update 10 s later.
describe_nodes() {
    local index
    for ((index = 0; index < nodes; index++)); do
        cat <<YAML
---
apiVersion: v1
kind: Node
metadata:
  name: hollow-$index
  labels:
    node.kubernetes.io/instance-type: hollow-16x64
    topology.kubernetes.io/region: local
    topology.kubernetes.io/zone: local-$((index % 3))
spec:
  podCIDR: 10.$((64 + index / 256)).$((index % 256)).0/24
  podCIDRs: [10.$((64 + index / 256)).$((index % 256)).0/24]
YAML
    done
}

start_nodes() {
    local index
    kubectl apply -f <(describe_nodes) >"$logs/nodes.log" 2>&1 || { cat "$logs/nodes.log" >&2; fail "no Node objects"; }
    for ((index = 0; index < nodes; index++)); do
        start_program "hollow-$index" env AWS_EC2_METADATA_DISABLED=true "$assets/kubemark" --morph kubelet \
            --name "hollow-$index" --kubeconfig "$dir/kubeconfig" \
            --kubelet-port "${node_ports[index]}" --kubelet-read-only-port 0
    done
}

kubectl() { "$kubectl" --kubeconfig "$dir/kubeconfig" --request-timeout 10s "$@"; }
answers() { curl -fsS --max-time 3 "$@"; }
etcd_ready() { process_alive "$run/etcd.pid" || return 0; answers "http://127.0.0.1:$etcd_port/health" | grep -q true; }
apiserver_ready() {
    process_alive "$run/kube-apiserver.pid" || return 0
    [ -s "$pki/apiserver/apiserver.crt" ] || return 1
    answers --cacert "$pki/apiserver/apiserver.crt" "https://127.0.0.1:$api_port/readyz"
}
nodes_ready() {
    local ready='{range .items[*]}{range .status.conditions[?(@.type=="Ready")]}{.status}{"\n"}{end}{end}'
    local renewed='{range .items[*]}{.spec.renewTime}{"\n"}{end}'
    all_alive || return 0
    [ "$(kubectl get nodes -o jsonpath="$ready" | grep -c True)" -ge "$nodes" ] || return 1
    # A cluster that goes on has nodes that were Ready when it was stopped; a lease renewed since says that they live.
    [ "$(kubectl get leases -n kube-node-lease -o jsonpath="$renewed" | awk -v since="$since" '$0 >= since' | wc -l)" -ge "$nodes" ]
}
all_alive() { local file; for file in "$run"/*.pid; do process_alive "$file" || return 1; done; }

# A wait ends early when a program has ended; this tells which, and whether it was only a port that somebody else took.
check_alive() {
    local file name
    for file in "$run"/*.pid; do
        process_alive "$file" && continue
        name=$(basename "$file" .pid)
        if grep -qiE 'address already in use' "$logs/$name.log"; then return 1; fi
        tail -n 20 "$logs/$name.log" >&2
        fail "$name ended while the cluster started; its log is $logs/$name.log"
    done
}

# One try with freshly chosen ports. Status 1: a port was taken meanwhile.
try_start() {
    local ports
    since=$(date -u +%Y-%m-%dT%H:%M:%S)
    mapfile -t ports < <(free_ports $((5 + nodes)))
    etcd_port=${ports[0]} peer_port=${ports[1]} api_port=${ports[2]} manager_port=${ports[3]} scheduler_port=${ports[4]}
    node_ports=("${ports[@]:5}")
    rm -f "$logs"/*.log
    make_temporary_folder
    start_etcd
    wait_until 30 "etcd ($logs/etcd.log)" etcd_ready || fail "etcd did not become ready"
    check_alive || return 1
    start_apiserver
    wait_until 90 "the API server ($logs/kube-apiserver.log)" apiserver_ready || fail "the API server did not become ready"
    check_alive || return 1
    write_kubeconfig
    printf 'etcd_port=%s\npeer_port=%s\napi_port=%s\n' "$etcd_port" "$peer_port" "$api_port" >"$dir/ports"
    if [ "$controllers" = yes ]; then
        start_controllers
        start_nodes
        wait_until 120 "$nodes nodes to be Ready ($logs/hollow-*.log)" nodes_ready || fail "not all nodes became Ready"
        check_alive || return 1
    fi
}

find_programs() {
    "$(dirname "$0")/install-packages.sh" control-plane-run
    assets=$("$(dirname "$0")/build-control-plane.sh")
    etcd="$assets/etcd"
    [ -x "$etcd" ] || etcd=$(command -v etcd) || fail "etcd not found (Debian package etcd-server)"
    if [ "$controllers" = yes ]; then
        for program in kube-controller-manager kube-scheduler kubemark; do
            [ -x "$assets/$program" ] || fail "$assets holds no $program: unset KUBEBUILDER_ASSETS to have everything" \
                "built, or start with --no-controllers"
        done
        # Old programs open an insecure port as well unless they are told not to; new ones have no such flag.
        manager_flags=() scheduler_flags=()
        if knows_flag "$assets/kube-controller-manager" '--port int'; then manager_flags=(--port 0); fi
        if knows_flag "$assets/kube-scheduler" '--port int'; then scheduler_flags=(--port 0); fi
    fi
}

# For what is done to a cluster that runs: where its programs are and which ports they have.
find_running() {
    [ -f "$dir/ports" ] || fail "no cluster was started in $dir"
    controllers=no find_programs
    # shellcheck source=/dev/null
    source "$dir/ports"
}

revive() { # PROGRAM
    case $1 in
        etcd)
            start_etcd
            wait_until 30 "etcd ($logs/etcd.log)" etcd_ready || fail "etcd did not become ready"
            ;;
        kube-apiserver)
            start_apiserver
            wait_until 90 "the API server ($logs/kube-apiserver.log)" apiserver_ready || fail "the API server did not become ready"
            ;;
    esac
    check_alive || fail "a port of $1 was taken while it was away"
}

kubectl=
case $command in
    start)
        if process_alive "$run/kube-apiserver.pid"; then say "the cluster in $dir is already running"; exit 0; fi
        find_programs
        kubectl="$assets/kubectl"
        echo "$kubectl" >"$dir/kubectl"
        stop_all # what a crash may have left
        make_credentials
        started=no
        undo() { [ "$started" = yes ] || stop_all; }
        at_exit undo
        begun=$SECONDS
        for attempt in 1 2 3; do
            if try_start; then started=yes; break; fi
            say "a port was taken by somebody else meanwhile; trying others ($attempt)"
            stop_all
        done
        [ "$started" = yes ] || fail "no free ports found for the cluster in $dir"
        say "Kubernetes $("$assets/kube-apiserver" --version | cut -d' ' -f2) with $nodes nodes is ready in $dir" \
            "after $((SECONDS - begun)) s"
        ;;
    stop) stop_all ;;
    restart-apiserver)
        find_running
        process_alive "$run/etcd.pid" || fail "the cluster in $dir is not running"
        stop_process "$run/kube-apiserver.pid" "$apiserver_grace"
        revive kube-apiserver
        ;;
    kill) stop_process "$run/$program.pid" 0 KILL ;;
    revive)
        find_running
        process_alive "$run/$program.pid" || revive "$program"
        ;;
    save)
        find_running
        stop_process "$run/etcd.pid" # what it writes meanwhile would not fit together
        rm -rf "$dir/etcd-saved"
        cp -a "$dir/etcd" "$dir/etcd-saved"
        revive etcd
        ;;
    restore)
        find_running
        [ -d "$dir/etcd-saved" ] || fail "nothing was saved in $dir"
        for program in kube-apiserver etcd; do stop_process "$run/$program.pid" 0 KILL; done
        rm -rf "$dir/etcd"
        cp -a "$dir/etcd-saved" "$dir/etcd"
        for program in etcd kube-apiserver; do revive "$program"; done
        ;;
    env)
        [ -f "$dir/kubeconfig" ] || fail "no cluster was started in $dir"
        printf "export KUBECONFIG=%q\nexport KUBECTL=%q\n" "$dir/kubeconfig" "$(cat "$dir/kubectl")"
        ;;
esac
