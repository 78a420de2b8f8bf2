internal import Base
internal import KubeClient

/// What pods use, from a list of `PodMetrics` (metrics.k8s.io), beside what their containers request and are limited to.
struct PodUsage {
    private struct PodName: Hashable {
        let namespace: String
        let name: String

        init(_ object: JSONValue) {
            namespace = object["metadata"]?["namespace"]?.stringValue ?? ""
            name = object["metadata"]?["name"]?.stringValue ?? ""
        }
    }

    private var containers: [PodName: [String: JSONValue]] = [:]

    init(_ metrics: ObjectList) {
        for object in metrics.objects {
            guard let one = try? JSONValue(parsing: Array(object)) else { continue }
            var usage: [String: JSONValue] = [:]
            for container in one["containers"]?.arrayValue ?? [] {
                usage[container["name"]?.stringValue ?? ""] = container["usage"]
            }
            containers[PodName(one)] = usage
        }
    }

    /// Writes a pod's usage in Backstage's form. Requests and limits are sums over all containers, usage is over those
    /// that were measured, and only these are listed.
    func write(_ pod: ArraySlice<UInt8>, to json: inout JSONText) {
        guard let object = try? JSONValue(parsing: Array(pod)) else { return }
        let measured = containers[PodName(object)] ?? [:]
        var (cpu, memory) = (Amounts(), Amounts())
        var listed: [JSONValue] = []
        for container in object["spec"]?["containers"]?.arrayValue ?? [] {
            let usage = container["name"]?.stringValue.flatMap { measured[$0] }
            let ofCPU = Amounts("cpu", usage, container["resources"], in: Quantity.billionths)
            let ofMemory = Amounts("memory", usage, container["resources"], in: Quantity.units)
            cpu.add(ofCPU)
            memory.add(ofMemory)
            guard usage != nil else { continue }
            listed.append([
                "container": container["name"] ?? .null, "cpuUsage": ofCPU.json(Self.cores),
                "memoryUsage": ofMemory.json(Self.bytes),
            ])
        }
        json.open("{")
        json.key("pod")
        json.value(pod)
        json.key("cpu")
        json.value(cpu.json(Self.cores).serialized())
        json.key("memory")
        json.value(memory.json(Self.bytes).serialized())
        json.key("containers")
        json.value(JSONValue.array(listed).serialized())
        json.close("}")
    }

    private static func cores(_ billionths: Int64) -> JSONValue {
        let (whole, rest) = billionths.quotientAndRemainder(dividingBy: 1_000_000_000)
        return rest == 0 ? .int(whole) : .double(Double(billionths) / 1_000_000_000)
    }

    /// A string, as Backstage writes integers that may be beyond what a JavaScript number holds; a plain 0 for none.
    private static func bytes(_ bytes: Int64) -> JSONValue { bytes == 0 ? 0 : .string(String(bytes)) }
}

/// Three sums of one resource.
private struct Amounts {
    private var usage: Int64 = 0
    private var requests: Int64 = 0
    private var limits: Int64 = 0

    init() {}

    init(_ resource: String, _ usage: JSONValue?, _ resources: JSONValue?, in unit: (String) -> Int64?) {
        func amount(_ list: JSONValue?) -> Int64 { list?[resource]?.stringValue.flatMap(unit) ?? 0 }
        self.usage = amount(usage)
        requests = amount(resources?["requests"])
        limits = amount(resources?["limits"])
    }

    mutating func add(_ other: Amounts) {
        usage = Self.sum(usage, other.usage)
        requests = Self.sum(requests, other.requests)
        limits = Self.sum(limits, other.limits)
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }

    func json(_ value: (Int64) -> JSONValue) -> JSONValue {
        ["currentUsage": value(usage), "requestTotal": value(requests), "limitTotal": value(limits)]
    }
}
