internal import Base

/// The running hour of one payer.
struct HourAccount: Sendable {
    /// What is held from a moment on, with what is known of its use.
    struct Holding: Sendable {
        var observation: HourObservation
        var used = RequestedCapacity.zero
        var placedPods: Int64 = 0
        var knownPods: Int64 = 0
    }

    private var usage: HourUsage
    /// Nil when the payer is not there.
    private(set) var holding: Holding?
    /// What will not change any more.
    private var settled = ResourceCost.zero
    /// What is charged on top at the last division, if it ended now.
    private var open = ResourceCost.zero
    private var openUse = CapacityTime.zero
    private var used = CapacityTime.zero
    private var usedMilliseconds: Int64 = 0
    private var quality: PriceQuality?
    /// The nodes and attached items that the payer has a part of.
    var nodes: [String] = []
    var items: [AttachedItem] = []
    /// Whether everything up to now is known to be stored.
    private var isWritten = false

    init(at moment: Timestamp) { usage = HourUsage(hour: moment, through: moment) }

    /// Continues a stored hour. The time from its end on is not covered until something is held.
    init(resuming stored: MeteredHour) {
        usage = stored.usage
        settled = stored.cost
        used = stored.used ?? .zero
        usedMilliseconds = stored.usedSeconds * 1_000
        quality = stored.quality
        isWritten = true
    }

    var isPresent: Bool { holding != nil }

    /// What is held from `moment` on; nil: the payer is gone.
    mutating func hold(_ new: Holding?, at moment: Timestamp) {
        count(to: moment)
        holding = new
    }

    /// Counts what is held up to `moment`.
    mutating func count(to moment: Timestamp) {
        let seconds = (moment.microseconds - usage.through.microseconds) / 1_000_000
        guard seconds > 0 else { return }
        isWritten = false
        usage.advance(to: moment, holding: holding?.observation)
        guard let holding, holding.knownPods > 0, holding.placedPods > 0 else { return }
        used += holding.used.held(forSeconds: seconds)
        usedMilliseconds += seconds * 1_000 * holding.knownPods / holding.placedPods
    }

    /// Charges something for good.
    mutating func settle(_ cost: ResourceCost, use: CapacityTime = .zero, quality: PriceQuality?) {
        settled += cost
        usage.use += use
        note(quality)
    }

    /// Charges something until the next division.
    mutating func charge(_ cost: ResourceCost, use: CapacityTime = .zero, quality: PriceQuality?) {
        open += cost
        openUse += use
        note(quality)
    }

    private mutating func note(_ quality: PriceQuality?) {
        isWritten = false
        self.quality = PriceQuality.worst(self.quality, quality)
    }

    /// What is not charged for good is divided anew.
    mutating func reopen() {
        if open != .zero || openUse != .zero { (open, openUse) = (.zero, .zero) }
    }

    /// The hour as it stands; nil when there is nothing to be written.
    func due(_ payer: CostPayer) -> MeteredHour? {
        let row = row(payer)
        return isWritten || (row.usage.coveredSeconds == 0 && row.cost == .zero) ? nil : row
    }

    private func row(_ payer: CostPayer) -> MeteredHour {
        var usage = usage
        usage.use += openUse
        let isKnown = usedMilliseconds > 0
        return MeteredHour(
            payer: payer, usage: usage, cost: settled + open, used: isKnown ? used : nil,
            usedSeconds: isKnown ? min((usedMilliseconds + 500) / 1_000, usage.coveredSeconds) : 0, quality: quality)
    }

    /// The row has been written. What came meanwhile is still due.
    mutating func written(_ row: MeteredHour) { if self.row(row.payer) == row { isWritten = true } }

    /// The next hour begins.
    mutating func begin(at moment: Timestamp) {
        let (holding, nodes, items) = (holding, nodes, items)
        self = HourAccount(at: moment)
        (self.holding, self.nodes, self.items) = (holding, nodes, items)
    }
}
