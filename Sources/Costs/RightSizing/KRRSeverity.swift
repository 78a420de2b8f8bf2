/// How far a request is from what KRR recommends, as its reports say it; in the order of their weight.
package enum KRRSeverity: String, Sendable, CaseIterable, Comparable {
    case unknown = "UNKNOWN"
    case good = "GOOD"
    case ok = "OK"
    case warning = "WARNING"
    case critical = "CRITICAL"

    /// By how urgent it is.
    package static func < (left: KRRSeverity, right: KRRSeverity) -> Bool { left.rank < right.rank }

    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    /// Of CPU, in millicores: 500 apart is critical, 250 a warning, 100 in order.
    package static func ofCPU(current: Int64?, recommended: SizingValue) -> KRRSeverity {
        of(current, recommended, unit: 1)
    }

    /// Of memory, in bytes: the same numbers in MiB.
    package static func ofMemory(current: Int64?, recommended: SizingValue) -> KRRSeverity {
        of(current, recommended, unit: 1 << 20)
    }

    private static func of(_ current: Int64?, _ recommended: SizingValue, unit: Int64) -> KRRSeverity {
        switch (current, recommended) {
        case (_, .undefined): return .unknown
        case (nil, .unset): return .good
        case (nil, .amount), (.some, .unset): return .warning
        case (let current?, .amount(let recommended)):
            let difference = (Int128(current) - Int128(recommended)).magnitude
            return [(500, critical), (250, warning), (100, ok)].first { difference >= $0.0 * UInt128(unit) }?.1 ?? good
        }
    }
}

/// The mark that KRR gives to a cluster.
package struct KRRScore: Sendable, Hashable {
    /// 0 to 100.
    package let points: Int
    /// A from 90, B from 70, C from 55, D from 30, else F.
    package let grade: Character

    /// `(n − critical − 0.7 · warnings) / n · 100`, cut. Nil without scans.
    package init?(_ scans: [KRRSeverity]) {
        guard !scans.isEmpty else { return nil }
        let critical = scans.count { $0 == .critical }
        let warnings = scans.count { $0 == .warning }
        let points = (10 * (scans.count - critical) - 7 * warnings) * 10 / scans.count
        self.points = points
        grade = [(90, "A"), (70, "B"), (55, "C"), (30, "D")].first { points >= $0.0 }?.1 ?? "F"
    }
}
