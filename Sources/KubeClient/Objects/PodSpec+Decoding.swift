// Field numbers are those of k8s.io/api/core/v1/generated.proto.

/// Sums up the containers of a pod's spec.
struct PodSpec {
    private var requests = PodRequests()
    private var limits = PodRequests()
    private var resources: [ContainerResources] = []
    private var withoutRequests = 0
    private var withoutMemoryLimit = 0
    private var images: Set<String> = []
    private var readinessSeconds: [String: Int64] = [:]
    private var ofPod = ResourceRequirements()

    mutating func add(container: ContainerSpec) {
        requests.add(container: container.resources.requests.orZero)
        limits.add(container: container.resources.limits.orZero)
        note(container, stays: true)
    }

    /// In the order of `spec.initContainers`.
    mutating func add(initContainer container: ContainerSpec) {
        requests.add(initContainer: container.resources.requests.orZero, isSidecar: container.restartsAlways)
        limits.add(initContainer: container.resources.limits.orZero, isSidecar: container.restartsAlways)
        note(container, stays: container.restartsAlways)
    }

    mutating func set(pod resources: ResourceRequirements) {
        ofPod = resources
        requests.set(pod: resources.requests)
        limits.set(pod: resources.limits)
    }

    /// Reads an entry of `spec.overhead`.
    mutating func readOverhead(from reader: inout ProtobufReader) throws(ProtobufError) {
        var overhead = PartialResources()
        try overhead.readEntry(from: &reader)
        requests.add(overhead: overhead.orZero)
        limits.add(overhead: overhead.orZero)
    }

    /// A container that ends before the others begin reserves nothing of its own, so it lacks nothing.
    private mutating func note(_ container: ContainerSpec, stays: Bool) {
        if !container.image.isEmpty { images.insert(container.image) }
        if let seconds = container.readinessSeconds { readinessSeconds[container.name] = seconds }
        guard stays else { return }
        resources.append(
            ContainerResources(
                name: container.name, requests: container.resources.requests, limits: container.resources.limits))
        if !container.resources.requests.isComplete { withoutRequests += 1 }
        if container.resources.limits.memoryBytes == nil { withoutMemoryLimit += 1 }
    }

    /// What is said of the pod as a whole holds for each of its containers.
    var containers: PodContainers {
        PodContainers(
            requests: requests.total, limits: limits.totalOfLimits, resources: resources,
            withoutRequests: ofPod.requests.isComplete ? 0 : withoutRequests,
            withoutMemoryLimit: ofPod.limits.memoryBytes == nil ? withoutMemoryLimit : 0,
            images: images.sorted(), readinessSeconds: readinessSeconds)
    }
}

/// The part of a container's spec that is read.
struct ContainerSpec {
    var name = ""
    var image = ""
    var resources = ResourceRequirements()
    var restartsAlways = false
    private var readiness: Int64?
    private var startup: Int64 = 0

    init(from reader: consuming ProtobufReader, in context: inout DecodingContext) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: name = context.string(try reader.rawBytes())
            case 2: image = context.string(try reader.rawBytes())
            case 8: resources = try ResourceRequirements(from: reader.message())
            case 11: readiness = try Self.allowance(reader.message())
            case 22: startup = try Self.allowance(reader.message())
            case 24: restartsAlways = try reader.string() == "Always"
            default: break
            }
        }
    }

    /// How long after its start it is ready at the latest if its probes succeed; nil without a readiness probe. That one
    /// begins when the startup probe has succeeded.
    var readinessSeconds: Int64? { readiness.map { $0 + startup } }

    /// `Probe`{2: initialDelaySeconds, 4: periodSeconds, 6: failureThreshold}; what is unset counts as 0.
    private static func allowance(_ reader: consuming ProtobufReader) throws(ProtobufError) -> Int64 {
        var (delay, period, failures): (Int64, Int64, Int64) = (0, 0, 0)
        while let field = try reader.nextField() {
            switch field {
            case 2: delay = Int64(try reader.int32())
            case 4: period = Int64(try reader.int32())
            case 6: failures = Int64(try reader.int32())
            default: break
            }
        }
        // Ten years, so that no sum overflows.
        return min(max(delay + period * failures, 0), 315_360_000)
    }
}

/// `ResourceRequirements`{1: limits, 2: requests}.
struct ResourceRequirements {
    var limits = PartialResources()
    var requests = PartialResources()

    init() {}

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: try limits.readEntry(from: &reader)
            case 2: try requests.readEntry(from: &reader)
            default: break
            }
        }
    }
}

extension PartialResources {
    /// Reads an entry of a `ResourceList`: map<string, Quantity{1: string}>. A text that is no quantity, which no
    /// server lets in, counts as missing.
    mutating func readEntry(from reader: inout ProtobufReader) throws(ProtobufError) {
        let (name, value) = try reader.mapEntry()
        if name.elementsEqual("cpu".utf8) {
            cpuMillicores = try Self.quantity(value, decimals: 3)
        } else if name.elementsEqual("memory".utf8) {
            memoryBytes = try Self.quantity(value, decimals: 0)
        } else if name.count > 4, name.suffix(4).elementsEqual("/gpu".utf8) {
            // A node may have devices of several makes.
            guard let devices = try Self.quantity(value, decimals: 0) else { return }
            gpus = ComputeResources.saturatingSum(gpus ?? 0, devices)
        }
    }

    static func quantity(_ message: UnsafeRawBufferPointer, decimals: Int) throws(ProtobufError) -> Int64? {
        var reader = ProtobufReader(message)
        while let field = try reader.nextField() {
            if field == 1 { return Quantity.scaled(try reader.rawBytes(), by: decimals) }
        }
        return nil
    }
}
