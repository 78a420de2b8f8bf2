internal import Base

// Field numbers are those of k8s.io/api/core/v1/generated.proto.

/// A container's status, in place: valid as long as the bytes that it was read from.
struct ContainerStatus {
    private(set) var restartCount: Int32 = 0
    private var name = UnsafeRawBufferPointer(start: nil, count: 0)
    private var isReady = false
    private var state = ContainerState()
    private var lastState = ContainerState()

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: name = try reader.rawBytes()
            case 2: state = try ContainerState(from: reader.message())
            case 3: lastState = try ContainerState(from: reader.message())
            case 4: isReady = try reader.bool()
            case 5: restartCount = try reader.int32()
            default: break
            }
        }
    }

    /// What is worth keeping; nil for a container that runs well, waits for its turn, or has done its work.
    ///
    /// - Parameter readinessSeconds: as `PodContainers` has it.
    func trouble(
        _ readinessSeconds: [String: Int64], in context: inout DecodingContext
    ) throws(ProtobufError) -> ContainerTrouble? {
        let termination = try (state.terminated ?? lastState.terminated).map { reader throws(ProtobufError) in
            try ContainerTermination(from: reader, in: &context)
        }
        let ended = state.terminated != nil && termination?.isCompletion == false
        let waits = state.waiting.map { !$0.isUsual } ?? false
        let isUnready = !isReady && state.startedAt != nil && !readinessSeconds.isEmpty
        guard restartCount > 0 || ended || waits || isUnready || lastState.terminated != nil else { return nil }
        var trouble = ContainerTrouble(
            name: context.string(name), restartCount: restartCount, termination: termination)
        if waits, let waiting = state.waiting {
            trouble.waitingReason = context.string(waiting.reason)
            trouble.waitingMessage = boundedText(waiting.message)
        }
        if isUnready, let startedAt = state.startedAt, let seconds = readinessSeconds[trouble.name] {
            trouble.readyDue = startedAt.adding(seconds: seconds)
        }
        let isWorthKeeping = restartCount > 0 || ended || waits || trouble.readyDue != nil || termination != nil
        return isWorthKeeping ? trouble : nil
    }
}

/// `ContainerState`{1: waiting, 2: running, 3: terminated}, in place.
private struct ContainerState {
    struct Waiting {
        var reason = UnsafeRawBufferPointer(start: nil, count: 0)
        var message = UnsafeRawBufferPointer(start: nil, count: 0)

        /// Every container waits so before it starts.
        var isUsual: Bool {
            message.isEmpty
                && (reason.isEmpty || reason.elementsEqual("ContainerCreating".utf8)
                    || reason.elementsEqual("PodInitializing".utf8))
        }
    }

    var waiting: Waiting?
    /// When the container began to run; nil when it does not.
    var startedAt: Timestamp?
    var terminated: ProtobufReader?

    init() {}

    init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: waiting = try Waiting(from: reader.message())
            case 2: startedAt = try Self.startedAt(reader.message())
            case 3: terminated = try reader.message()
            default: break
            }
        }
    }

    /// `ContainerStateRunning`{1: startedAt}; long ago when it is missing.
    private static func startedAt(_ reader: consuming ProtobufReader) throws(ProtobufError) -> Timestamp {
        while let field = try reader.nextField() {
            if field == 1 { return try Timestamp(from: reader.message()) }
        }
        return Timestamp(seconds: 0)
    }
}

extension ContainerState.Waiting {
    /// `ContainerStateWaiting`{1: reason, 2: message}.
    fileprivate init(from reader: consuming ProtobufReader) throws(ProtobufError) {
        while let field = try reader.nextField() {
            switch field {
            case 1: reason = try reader.rawBytes()
            case 2: message = try reader.rawBytes()
            default: break
            }
        }
    }
}

extension ContainerTermination {
    /// `ContainerStateTerminated`{1: exitCode, 3: reason, 6: finishedAt}.
    fileprivate init(
        from reader: consuming ProtobufReader, in context: inout DecodingContext
    ) throws(ProtobufError) {
        var (reason, exitCode, finishedAt): (String, Int32, Timestamp?) = ("", 0, nil)
        while let field = try reader.nextField() {
            switch field {
            case 1: exitCode = try reader.int32()
            case 3: reason = context.string(try reader.rawBytes())
            case 6: finishedAt = try Timestamp(from: reader.message())
            default: break
            }
        }
        self.init(reason: reason, exitCode: exitCode, finishedAt: finishedAt)
    }

    /// Whether it ended because its work was done.
    fileprivate var isCompletion: Bool { exitCode == 0 && (reason.isEmpty || reason == "Completed") }
}

/// A text for people, cut where it becomes too long to be kept for many objects.
func boundedText(_ bytes: UnsafeRawBufferPointer, maximumBytes: Int = 512) -> String {
    guard bytes.count > maximumBytes else { return String(decoding: bytes, as: UTF8.self) }
    var end = maximumBytes
    // Not inside a character: bytes 10xxxxxx continue one.
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self) + "…"
}
