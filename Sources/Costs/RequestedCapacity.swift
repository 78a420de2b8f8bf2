/// An amount of each resource: what a workload's running pods reserve together, what a container uses, what a node has.
package struct RequestedCapacity: Sendable, Hashable {
    /// Thousandths of a core.
    package var cpuMillicores: Int64
    /// Bytes.
    package var memoryBytes: Int64
    /// Whole devices.
    package var gpus: Int64

    /// Takes sums over pods; negative ones are not expected.
    package init(cpuMillicores: Int64, memoryBytes: Int64, gpus: Int64 = 0) {
        self.cpuMillicores = cpuMillicores
        self.memoryBytes = memoryBytes
        self.gpus = gpus
    }

    /// No capacity: a workload scaled to nothing.
    package static let zero = RequestedCapacity(cpuMillicores: 0, memoryBytes: 0)

    /// The sum by resource, bounded.
    package static func + (left: RequestedCapacity, right: RequestedCapacity) -> RequestedCapacity {
        RequestedCapacity(
            cpuMillicores: left.cpuMillicores.addingSaturating(right.cpuMillicores),
            memoryBytes: left.memoryBytes.addingSaturating(right.memoryBytes),
            gpus: left.gpus.addingSaturating(right.gpus))
    }

    /// Adds by resource, bounded.
    package static func += (left: inout RequestedCapacity, right: RequestedCapacity) { left = left + right }

    /// The larger by resource.
    package func maximum(_ other: RequestedCapacity) -> RequestedCapacity {
        RequestedCapacity(
            cpuMillicores: max(cpuMillicores, other.cpuMillicores), memoryBytes: max(memoryBytes, other.memoryBytes),
            gpus: max(gpus, other.gpus))
    }

    /// What this capacity amounts to when it is held for some time.
    package func held(forSeconds seconds: Int64) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: cpuMillicores.multipliedSaturating(by: seconds),
            byteSeconds: memoryBytes.multipliedSaturating(by: seconds),
            gpuSeconds: gpus.multipliedSaturating(by: seconds))
    }
}

/// Capacity times the time for which it was held. Whole seconds keep it in 64 bits: an hour of 2.5 PiB or of two
/// thousand million cores fits; what does not is the bound.
package struct CapacityTime: Sendable, Hashable {
    /// Thousandths of a core, times seconds.
    package var millicoreSeconds: Int64
    /// Bytes, times seconds.
    package var byteSeconds: Int64
    /// Devices, times seconds.
    package var gpuSeconds: Int64

    /// Takes amounts as they are stored.
    package init(millicoreSeconds: Int64, byteSeconds: Int64, gpuSeconds: Int64 = 0) {
        self.millicoreSeconds = millicoreSeconds
        self.byteSeconds = byteSeconds
        self.gpuSeconds = gpuSeconds
    }

    /// Nothing held.
    package static let zero = CapacityTime(millicoreSeconds: 0, byteSeconds: 0)

    /// The sum by resource, bounded.
    package static func + (left: CapacityTime, right: CapacityTime) -> CapacityTime {
        CapacityTime(
            millicoreSeconds: left.millicoreSeconds.addingSaturating(right.millicoreSeconds),
            byteSeconds: left.byteSeconds.addingSaturating(right.byteSeconds),
            gpuSeconds: left.gpuSeconds.addingSaturating(right.gpuSeconds))
    }

    /// What is left, by resource; never below nothing.
    static func - (left: CapacityTime, right: CapacityTime) -> CapacityTime {
        func rest(_ left: Int64, _ right: Int64) -> Int64 { max(left.subtractingSaturating(right), 0) }
        return CapacityTime(
            millicoreSeconds: rest(left.millicoreSeconds, right.millicoreSeconds),
            byteSeconds: rest(left.byteSeconds, right.byteSeconds), gpuSeconds: rest(left.gpuSeconds, right.gpuSeconds))
    }

    /// Adds by resource, bounded.
    package static func += (left: inout CapacityTime, right: CapacityTime) { left = left + right }

    /// For the reports and columns that count in core-hours.
    package var coreHours: Double { Double(millicoreSeconds) / 3_600_000 }
    /// For the reports and columns that count in GiB-hours.
    package var gibibyteHours: Double { Double(byteSeconds) / (3_600 * Double(PriceList.bytesPerGiB)) }
}
