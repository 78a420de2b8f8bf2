internal import Base
internal import Costs
internal import KubeClient
internal import Store

/// What each node of a cluster costs, as far as it is known.
struct NodePricing {
    private let book: NodePriceBook
    private(set) var prices: [String: StoredNodePrice] = [:]
    /// Whether the stored price book may say something else.
    private(set) var isDue = true
    /// What OpenCost's metrics said last.
    private var exported: [String: ExportedNodePrice] = [:]

    init(_ book: NodePriceBook) { self.book = book }

    /// Takes what OpenCost's metrics say; nodes of which they say nothing keep what they had.
    ///
    /// - Returns: the nodes of which something else is known now; those alone that were seen, for others may come yet.
    mutating func take(_ told: [String: ExportedNodePrice]) -> [String] {
        let changed = told.filter { exported[$0.key] != $0.value }
        exported.merge(changed) { $1 }
        // Of nodes that are gone, once it is known which there are.
        if !prices.isEmpty { exported = exported.filter { told[$0.key] != nil || prices[$0.key] != nil } }
        return changed.keys.filter { prices[$0] != nil }
    }

    /// The node is there, or another than before.
    mutating func observe(_ node: Node) -> StoredNodePrice {
        let facts = NodeFacts(node, exported: exported[node.meta.name])
        let stored = StoredNodePrice(
            node: facts.name, price: book.price(of: facts), capacity: facts.capacity, instanceType: node.instanceType,
            region: node.region)
        if prices.updateValue(stored, forKey: facts.name) != stored { isDue = true }
        return stored
    }

    /// The node is gone.
    mutating func end(_ node: String) {
        exported[node] = nil
        if prices.removeValue(forKey: node) != nil { isDue = true }
    }

    /// What was stored of the prices is gone.
    mutating func isForgotten() { isDue = true }

    /// These prices have been written.
    mutating func written(_ rows: [StoredNodePrice]) { if Set(rows) == Set(prices.values) { isDue = false } }
}

extension NodeFacts {
    init(_ node: Node, exported: ExportedNodePrice? = nil) {
        self.init(
            name: node.meta.name, labels: Dictionary(node.meta.labels.map { ($0.key, $0.value) }) { $1 },
            capacity: RequestedCapacity(node.capacity), annotatedPrice: node.annotatedPrice, exported: exported)
        // Nodes of old clusters have the older label alone.
        if labels[Self.instanceTypeLabel] == nil { labels[Self.instanceTypeLabel] = node.instanceType }
    }

    private static let instanceTypeLabel = "node.kubernetes.io/instance-type"
}

extension Node {
    /// What the annotation says; nil when there is none, and when it is no price.
    var annotatedPrice: Money? {
        guard let price = meta.annotations[Self.priceAnnotation].flatMap({ Money(decimal: $0) }) else { return nil }
        return (Money.zero...Self.highestPrice).contains(price) ? price : nil
    }

    /// Why the annotation is not used; nil when it is, and when there is none.
    var priceProblem: String? {
        guard let text = meta.annotations[Self.priceAnnotation], annotatedPrice == nil else { return nil }
        return "expected what the node costs an hour, from 0 to 10000, such as 0.192; found \"\(text.prefix(40))\""
    }

    /// No machine costs as much: the dearest that is rented out is at some hundreds of dollars an hour.
    private static let highestPrice = Money(nanoDollars: 10_000_000_000_000)
}
