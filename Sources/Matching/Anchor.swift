/// Where a selector waits for workloads: under the pairs or the key of one of its positive terms. All of them belong
/// to one key, so that a label set, which has one value per key, comes past at most once.
enum Anchor: Sendable, Hashable {
    case pairs([LabelTable.PairID])
    case key(LabelTable.KeyID)
    /// The selector has no positive term; every workload in its scope must ask it.
    case residual
}

/// A cluster and a namespace that a selector is pinned to; nil: any.
struct AnchorScope: Sendable, Hashable {
    let cluster: String?
    let namespace: String?

    /// Every combination of the selector's pins; the one open scope when it has none.
    static func all(of selector: EntitySelector) -> [AnchorScope] {
        let clusters: [String?] = selector.clusters.isEmpty ? [nil] : Array(selector.clusters)
        let namespaces: [String?] = selector.namespaces.isEmpty ? [nil] : Array(selector.namespaces)
        return clusters.flatMap { cluster in
            namespaces.map { AnchorScope(cluster: cluster, namespace: $0) }
        }
    }

    var isOpen: Bool { cluster == nil && namespace == nil }
}

/// The selectors that wait at one place, by scope.
struct AnchorPosting: Sendable {
    typealias SelectorID = Int32

    /// Selectors without pins, which is most.
    private(set) var open: [SelectorID] = []
    private(set) var scoped: [AnchorScope: [SelectorID]] = [:]
    /// Once more workloads than this come past, its selectors look for a better place.
    var limit = Int.max

    /// How many places in its lists are taken.
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// Every selector that waits here; one with several scopes is named several times.
    var selectors: [SelectorID] { open + scoped.values.joined() }

    mutating func insert(_ selector: SelectorID, _ scopes: [AnchorScope]) {
        count += scopes.count
        for scope in scopes {
            if scope.isOpen { open.append(selector) } else { scoped[scope, default: []].append(selector) }
        }
    }

    mutating func remove(_ selector: SelectorID, _ scopes: [AnchorScope]) {
        count -= scopes.count
        for scope in scopes {
            if scope.isOpen {
                open.removeFirst(equalTo: selector)
            } else {
                scoped[scope]?.removeFirst(equalTo: selector)
                if scoped[scope]?.isEmpty == true { scoped[scope] = nil }
            }
        }
    }

    /// The lists of the pinned scopes that hold the workload.
    func scopes(holding workload: WorkloadKey) -> [[SelectorID]] {
        if scoped.isEmpty { return [] }
        let (cluster, namespace) = (workload.cluster, workload.namespace)
        return [
            AnchorScope(cluster: nil, namespace: namespace), AnchorScope(cluster: cluster, namespace: namespace),
            AnchorScope(cluster: cluster, namespace: nil),
        ].compactMap { scoped[$0] }
    }
}

extension [Int32] {
    /// Order does not matter here, so the last element takes the place.
    fileprivate mutating func removeFirst(equalTo element: Int32) {
        guard let place = firstIndex(of: element) else { return }
        swapAt(place, count - 1)
        removeLast()
    }
}
