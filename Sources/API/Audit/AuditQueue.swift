internal import Base
internal import Store

/// Events on their way to log and database. Pure.
///
/// Between two emptyings the first of those that are alike (the same caller, from the same address, with the same event, tool
/// and end) are kept one by one; the others are counted together, so that no flood fills log and database. It holds so many
/// at most: then the oldest goes.
struct AuditQueue {
    /// What makes events alike.
    private struct Kind: Hashable {
        let plugin: String
        let event: String
        let status: String
        let tool: JSONValue?
        let actor: String?
        let ip: String?

        init(_ event: AuditEvent) {
            plugin = event.plugin
            self.event = event.event
            status = event.status
            tool = event.meta["tool"]
            actor = event.actor.id
            ip = event.actor.ip
        }
    }

    private let individual: Int
    private let maximumKinds: Int
    private let maximum: Int
    private var single: [AuditEvent] = []
    /// How many of the kind have come.
    private var counts: [Kind: Int] = [:]
    private var together: [Kind: AuditEvent] = [:]

    /// - Parameters:
    ///   - individual: how many of a kind are kept one by one.
    ///   - maximumKinds: of more, it is not told any longer from where those came of whom nobody knows who they are.
    ///   - maximum: how many are kept one by one in all.
    init(individual: Int = 100, maximumKinds: Int = 1_000, maximum: Int = 10_000) {
        self.individual = individual
        self.maximumKinds = maximumKinds
        self.maximum = maximum
    }

    var isEmpty: Bool { single.isEmpty && together.isEmpty }

    /// Takes an event.
    ///
    /// - Returns: how many older ones had to go: some at a time, so that it need not be done for each.
    mutating func add(_ event: AuditEvent) -> Int {
        var (event, kind) = (event, Kind(event))
        if counts[kind] == nil, counts.count >= maximumKinds {
            // Whoever brought no credentials cannot make the audit forget those who did.
            guard event.actor.id == nil else { return keep(event) }
            event.actor = AuditActor()
            kind = Kind(event)
        }
        counts[kind, default: 0] += 1
        guard counts[kind, default: 0] > individual else { return keep(event) }
        count(event, kind)
        return 0
    }

    private mutating func keep(_ event: AuditEvent) -> Int {
        single.append(event)
        guard single.count > maximum else { return 0 }
        let lost = max(1, maximum / 10)
        single.removeFirst(lost)
        return lost
    }

    private mutating func count(_ event: AuditEvent, _ kind: Kind) {
        guard var sum = together[kind] else {
            together[kind] = event
            together[kind]?.meta["arguments"] = nil
            return
        }
        sum.at = max(sum.at, event.at)
        sum.duration += event.duration
        sum.occurrences += event.occurrences
        sum.severity = max(sum.severity, event.severity)
        together[kind] = sum
    }

    /// Everything, by time, and begins anew.
    mutating func empty() -> [AuditEvent] {
        defer { (single, counts, together) = ([], [:], [:]) }
        return (single + together.values).sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }
}
