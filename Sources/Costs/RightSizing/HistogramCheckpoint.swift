package import Base

/// A histogram as it is stored, in the form of VPA's checkpoints: few whole numbers in place of many weights. The
/// largest bucket is 10,000, the others are in proportion to it, and those below half a ten-thousandth are left out.
/// Writing what was read gives the same checkpoint.
package struct HistogramCheckpoint: Sendable, Hashable {
    /// The moment to which the weights relate.
    package let reference: Timestamp
    /// By bucket, ascending.
    package let bucketWeights: [Int: Int]
    /// The sum of the true weights at the reference.
    package let totalWeight: Double

    /// The largest weight in a checkpoint.
    static let largest = 10_000.0
    /// Of the form.
    static let version = "v3"

    /// Nil when the histogram has seen nothing.
    package init?(_ histogram: DecayingHistogram) {
        guard let reference = histogram.reference, let most = histogram.weights.max(), most > 0 else { return nil }
        self.reference = reference
        let weights = histogram.weights.enumerated().map { ($0, Int(($1 / most * Self.largest).rounded())) }
        bucketWeights = Dictionary(uniqueKeysWithValues: weights.filter { $0.1 > 0 })
        totalWeight = histogram.totalWeight
    }

    /// The histogram, with weights that have the same sum as before.
    /// - Throws: `CheckpointError` when a bucket lies outside of these.
    package func restored(_ buckets: ExponentialBuckets) throws(CheckpointError) -> DecayingHistogram {
        let sum = bucketWeights.values.reduce(0, +)
        var weights = Array(repeating: 0.0, count: buckets.count)
        for (bucket, weight) in bucketWeights {
            guard weights.indices.contains(bucket) else {
                throw CheckpointError("bucketWeights", "buckets from 0 to \(buckets.count - 1)", found: "\(bucket)")
            }
            weights[bucket] = Double(weight) / Double(sum) * totalWeight
        }
        return DecayingHistogram(buckets, weights: weights, totalWeight: totalWeight, reference: reference)
    }
}

extension HistogramCheckpoint {
    /// As the database keeps it.
    package var json: JSONValue {
        let weights = bucketWeights.sorted { $0.key < $1.key }.map { ("\($0.key)", JSONValue.int(Int64($0.value))) }
        return .object([
            "version": .string(Self.version), "referenceTimestamp": .string(reference.rfc3339),
            "bucketWeights": .object(JSONObject(weights)), "totalWeight": .double(totalWeight),
        ])
    }

    /// Reads what `json` wrote.
    /// - Throws: `CheckpointError` naming the field that is not as expected.
    package init(_ json: JSONValue) throws(CheckpointError) {
        guard json["version"]?.stringValue == Self.version else {
            throw CheckpointError("version", "\"\(Self.version)\"", found: json["version"])
        }
        guard let reference = json["referenceTimestamp"]?.stringValue.flatMap({ Timestamp(rfc3339: $0) }) else {
            throw CheckpointError("referenceTimestamp", "a moment in RFC 3339", found: json["referenceTimestamp"])
        }
        guard let total = json["totalWeight"]?.doubleValue, total > 0, total.isFinite else {
            throw CheckpointError("totalWeight", "a number above 0", found: json["totalWeight"])
        }
        self.reference = reference
        totalWeight = total
        bucketWeights = try Self.weights(json["bucketWeights"])
    }

    private static func weights(_ json: JSONValue?) throws(CheckpointError) -> [Int: Int] {
        guard let object = json?.objectValue, !object.isEmpty else {
            throw CheckpointError("bucketWeights", "an object with a bucket at least", found: json)
        }
        var weights: [Int: Int] = [:]
        for (bucket, weight) in object {
            guard let bucket = Int(bucket), let weight = weight.intValue, (1...Int64(largest)).contains(weight) else {
                throw CheckpointError("bucketWeights.\(bucket)", "1 to 10000 for a bucket's number", found: weight)
            }
            weights[bucket] = Int(weight)
        }
        return weights
    }
}

/// A stored histogram that cannot be read.
package struct CheckpointError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Names the field, what is expected there, and what was found.
    package let description: String

    init(_ field: String, _ expected: String, found: String) {
        description = "checkpoint: \(field): expected \(expected), found \(found)"
    }

    init(_ field: String, _ expected: String, found: JSONValue?) {
        self.init(field, expected, found: found?.text() ?? "nothing")
    }
}
