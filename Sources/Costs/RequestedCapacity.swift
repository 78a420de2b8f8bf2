/// What a workload's running pods reserve together.
package struct RequestedCapacity: Sendable, Hashable {
    /// Thousandths of a core.
    package var cpuMillicores: Int64
    package var memoryBytes: Int64

    package init(cpuMillicores: Int64, memoryBytes: Int64) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
    }

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
    package var millicoreSeconds: Int64
    package var byteSeconds: Int64

    package init(millicoreSeconds: Int64, byteSeconds: Int64) {
        self.millicoreSeconds = millicoreSeconds
        self.byteSeconds = byteSeconds
    }

    package static let zero = CapacityTime(millicoreSeconds: 0, byteSeconds: 0)

    package static func + (left: CapacityTime, right: CapacityTime) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: left.millicoreSeconds.addingSaturating(right.millicoreSeconds),
            byteSeconds: left.byteSeconds.addingSaturating(right.byteSeconds))
    }

    package static func += (left: inout CapacityTime, right: CapacityTime) { left = left + right }

    /// For the reports and columns that count in core-hours.
    package var coreHours: Double { Double(millicoreSeconds) / 3_600_000 }
    /// For the reports and columns that count in GiB-hours.
    package var gibibyteHours: Double { Double(byteSeconds) / (3_600 * Double(PriceList.bytesPerGiB)) }
}
