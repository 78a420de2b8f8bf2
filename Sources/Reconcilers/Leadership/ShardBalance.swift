/// Decides which free shards a replica stands for, and whether it hands one over, so that replicas come to hold about the
/// same number. Pure: every replica decides for itself from what it sees; leases keep them from doing harm when they see
/// different things.
///
/// A free shard is meant for the live replica that holds the fewest. The others stand for it too, a moment later, so that
/// no shard waits for a replica that is not there. The replica that holds the most hands one over when another one has held
/// at least two fewer for a while; when nobody took what it gave, it waits longer before it gives again.
package struct ShardBalance: Sendable {
    /// How long others leave a free shard to the one that it is meant for.
    package static let headStart: Duration = .seconds(2)
    /// How long the balance must have been wrong before a shard is handed over: longer than a replica needs to restart.
    package static let settling: Duration = .seconds(30)
    /// The longest time between two shards that come back.
    package static let maximumSettling: Duration = .seconds(600)

    /// What one replica sees.
    package struct View: Sendable, Hashable {
        /// Who is there, this replica included.
        package var replicas: Set<String>
        /// Every shard there is, with its holder; nil: free.
        package var holders: [Shard: String?]
    }

    package struct Decision: Sendable, Hashable {
        /// Free shards to stand for now.
        package var stand: Set<Shard> = []
        /// A held shard to give up now.
        package var handOver: Shard?
        /// When to decide again, though nothing changed; nil: no need.
        package var next: Duration?
    }

    private let me: String
    private var freeSince: [Shard: Duration] = [:]
    private var unevenSince: Duration?
    /// What was given away last, until it is known who has it, and whether it has been free since.
    private var given: (shard: Shard, wasFree: Bool)?
    private var patience = settling

    package init(me: String) { self.me = me }

    /// - Parameter now: on a clock that never jumps.
    package mutating func decide(_ view: View, at now: Duration) -> Decision {
        let free = view.holders.filter { $0.value == nil }.map(\.key).sorted()
        freeSince = Dictionary(uniqueKeysWithValues: free.map { ($0, freeSince[$0] ?? now) })
        var decision = Decision()
        let meant = assignments(of: free, view)
        for shard in free {
            let due = (freeSince[shard] ?? now) + (meant[shard] == me ? .zero : Self.headStart)
            if due <= now {
                decision.stand.insert(shard)
            } else {
                decision.next = min(decision.next ?? due, due)
            }
        }
        noteReturn(view)
        decide(handOver: &decision, view, now)
        return decision
    }

    /// The free shards, each to the replica that would then hold the fewest; between equals, the one whose name comes
    /// first. All replicas that see the same come to the same.
    private func assignments(of free: [Shard], _ view: View) -> [Shard: String] {
        var loads = loads(view)
        var meant: [Shard: String] = [:]
        for shard in free {
            // What this replica just gave away is not meant for it.
            let others = loads.filter { !(shard == given?.shard && $0.key == me) || loads.count == 1 }
            guard let least = others.min(by: { ($0.value, $0.key) < ($1.value, $1.key) })?.key else { continue }
            meant[shard] = least
            loads[least, default: 0] += 1
        }
        return meant
    }

    private func loads(_ view: View) -> [String: Int] {
        var loads = Dictionary(uniqueKeysWithValues: view.replicas.union([me]).map { ($0, 0) })
        for case let holder? in view.holders.values { loads[holder, default: 0] += 1 }
        return loads
    }

    /// A shard that was given away and came back makes this replica more patient; one that was taken, as before.
    private mutating func noteReturn(_ view: View) {
        guard let (shard, wasFree) = given else { return }
        guard let state = view.holders[shard] else { return given = nil }
        guard let holder = state else { return given = (shard, true) }
        if holder == me, !wasFree { return }
        patience = holder == me ? min(patience * 2, Self.maximumSettling) : Self.settling
        given = nil
    }

    private mutating func decide(handOver decision: inout Decision, _ view: View, _ now: Duration) {
        let loads = loads(view)
        let mine = view.holders.filter { $0.value == me }.map(\.key)
        // One gives at a time: of those that hold the most, the one whose name comes first.
        let most = loads.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
        // While shards are free nobody knows yet who will hold how many.
        let isUneven =
            freeSince.isEmpty && given == nil && most == me && loads.values.contains { $0 <= mine.count - 2 }
        guard isUneven else {
            unevenSince = nil
            return
        }
        let since = unevenSince ?? now
        unevenSince = since
        guard now >= since + patience else {
            decision.next = min(decision.next ?? since + patience, since + patience)
            return
        }
        // The last, so that the catalog stays where it is as long as possible.
        decision.handOver = mine.max()
        given = decision.handOver.map { ($0, false) }
        unevenSince = nil
    }
}
