/// What a workload's running pods reserve together.
package struct RequestedCapacity: Sendable, Hashable {
    /// Thousandths of a core.
    package var cpuMillicores: Int64
    /// Bytes.
    package var memoryBytes: Int64

    /// Takes sums over pods; negative ones are not expected.
    package init(cpuMillicores: Int64, memoryBytes: Int64) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
    }

    /// No capacity: a workload scaled to nothing.
    package static let zero = RequestedCapacity(cpuMillicores: 0, memoryBytes: 0)

    /// What this capacity amounts to when it is held for some time.
    package func held(forSeconds seconds: Int64) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: cpuMillicores.multipliedSaturating(by: seconds),
            byteSeconds: memoryBytes.multipliedSaturating(by: seconds))
    }
}

/// Capacity times the time for which it was held. Whole seconds keep it in 64 bits: an hour of 2.5 PiB or of two
/// thousand million cores fits; what does not is the bound.
package struct CapacityTime: Sendable, Hashable {
    /// Thousandths of a core, times seconds.
    package var millicoreSeconds: Int64
    /// Bytes, times seconds.
    package var byteSeconds: Int64

    /// Takes amounts as they are stored.
    package init(millicoreSeconds: Int64, byteSeconds: Int64) {
        self.millicoreSeconds = millicoreSeconds
        self.byteSeconds = byteSeconds
    }

    /// Nothing held.
    package static let zero = CapacityTime(millicoreSeconds: 0, byteSeconds: 0)

    /// The sum by resource, bounded.
    package static func + (left: CapacityTime, right: CapacityTime) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: left.millicoreSeconds.addingSaturating(right.millicoreSeconds),
            byteSeconds: left.byteSeconds.addingSaturating(right.byteSeconds))
    }

    /// Adds by resource, bounded.
    package static func += (left: inout CapacityTime, right: CapacityTime) { left = left + right }

    /// For the reports and columns that count in core-hours.
    package var coreHours: Double { Double(millicoreSeconds) / 3_600_000 }
    /// For the reports and columns that count in GiB-hours.
    package var gibibyteHours: Double { Double(byteSeconds) / (3_600 * Double(PriceList.bytesPerGiB)) }
}
