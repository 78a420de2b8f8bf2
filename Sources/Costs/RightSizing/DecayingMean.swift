package import Base
internal import Glibc

/// A mean in which a value counts half as much for every day of age, like the samples of a `DecayingHistogram`.
package struct DecayingMean: Sendable, Hashable {
    /// Nil before the first value.
    package private(set) var value: Double?
    /// What all values together count at `at`.
    private(set) var weight: Double
    /// Of the latest value.
    private(set) var at: Timestamp

    /// Nothing seen yet.
    package init() { (value, weight, at) = (nil, 0, Timestamp(microseconds: 0)) }

    init(value: Double, weight: Double, at: Timestamp) { (self.value, self.weight, self.at) = (value, weight, at) }

    /// Counts a value; one that comes late counts as what it is by then.
    package mutating func add(_ value: Double, weight: Double = 1, at moment: Timestamp) {
        guard weight > 0, value.isFinite else { return }
        let now = max(at, moment)
        let (old, new) = (self.weight * Self.decay(from: at, to: now), weight * Self.decay(from: moment, to: now))
        self.value = ((self.value ?? 0) * old + value * new) / (old + new)
        (self.weight, at) = (old + new, now)
    }

    /// Counts what another has seen.
    mutating func add(_ other: DecayingMean) {
        if let value = other.value { add(value, weight: other.weight, at: other.at) }
    }

    private static func decay(from: Timestamp, to: Timestamp) -> Double {
        exp2(from.secondsSince(to) / Double(DecayingHistogram.halfLifeSeconds))
    }
}

extension DecayingMean {
    /// As the database keeps it; null before the first value.
    var json: JSONValue {
        guard let value else { return .null }
        return ["value": .double(value), "weight": .double(weight), "at": .string(at.rfc3339)]
    }

    /// Reads what `json` wrote; anything else is a mean of nothing, which only makes it younger.
    init(_ json: JSONValue?) {
        guard let value = json?["value"]?.doubleValue, value.isFinite, value >= 0,
            let weight = json?["weight"]?.doubleValue, weight > 0, weight.isFinite,
            let at = json?["at"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) })
        else {
            self.init()
            return
        }
        self.init(value: value, weight: weight, at: at)
    }
}
