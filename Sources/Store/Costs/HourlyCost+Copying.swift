internal import Base
internal import Costs

extension HourlyCost {
    /// The columns of `cost_hourly` that say what an hour came to.
    static let columns = [
        "cpu_cost", "memory_cost", "gpu_cost", "storage_cost", "network_cost", "load_balancer_cost", "shared_cost",
        "cpu_millicore_seconds", "memory_byte_seconds", "gpu_seconds", "cpu_used_millicore_seconds",
        "memory_used_byte_seconds", "used_seconds", "pod_seconds", "maximum_pods", "covered_seconds", "through",
        "price_quality",
    ]

    /// Rows of hour, workload and `columns` in COPY's text format. No value has a character that means something there.
    static func copyText(_ hours: [HourlyCost]) -> [UInt8] {
        var text: [UInt8] = []
        text.reserveCapacity(hours.count * 160)
        // Neighbours lie in the same hour and have most often come to the same moment.
        var times: [Timestamp: String] = [:]
        for hour in hours { hour.append(to: &text, &times) }
        return text
    }

    private func append(to text: inout [UInt8], _ times: inout [Timestamp: String]) {
        func time(_ moment: Timestamp) -> String {
            if let known = times[moment] { return known }
            let written = moment.rfc3339
            times[moment] = written
            return written
        }
        let numbers: [Int64?] = [
            cost.cpu.nanoDollars, cost.memory.nanoDollars, Self.orNull(cost.gpu), Self.orNull(cost.storage),
            Self.orNull(cost.network), Self.orNull(cost.loadBalancer), Self.orNull(cost.shared),
            usage.use.millicoreSeconds, usage.use.byteSeconds, usage.use.gpuSeconds == 0 ? nil : usage.use.gpuSeconds,
            used?.millicoreSeconds, used?.byteSeconds, used.map { _ in usedSeconds }, usage.podSeconds,
            Int64(usage.maximumPods), usage.coveredSeconds,
        ]
        text += time(usage.hour).utf8
        text.append(Self.tab)
        text += String(workloadID).utf8
        for number in numbers {
            text.append(Self.tab)
            if let number { text += String(number).utf8 } else { text += Self.null }
        }
        text.append(Self.tab)
        text += time(usage.through).utf8
        text.append(Self.tab)
        if let priceQuality { text += priceQuality.rawValue.utf8 } else { text += Self.null }
        text.append(UInt8(ascii: "\n"))
    }

    /// What costs nothing is not there.
    private static func orNull(_ money: Money) -> Int64? { money == .zero ? nil : money.nanoDollars }
    private static let tab = UInt8(ascii: "\t")
    private static let null = Array("\\N".utf8)
}
