import Base
import HTTPServer
import KubeClient

/// An API server that gives one list of pods, as a real one gave it, and then a watch with changes of them.
struct Replay {
    /// What the watch sends at once.
    private static let pieceBytes = 64 << 10

    /// The list as it came.
    let list: [UInt8]
    /// The frames of the watch.
    let frames: [UInt8]
    let podCount: Int

    /// - Parameter list: of pods, in protobuf.
    init(list: [UInt8], events: Int) throws {
        self.list = list
        let pods = try Self.pods(in: list)
        podCount = pods.count
        var frames: [UInt8] = []
        for event in 0..<events {
            frames += Self.frame(Self.changed(pods[event % pods.count], version: 1_000_000_000 + event))
        }
        self.frames = frames
    }

    func serve() throws -> HTTPServer {
        try HTTPServer(HTTPServer.Configuration()) { request in
            if request.path == "/api/v1" {
                return .json(200, ["kind": "APIResourceList", "resources": [["name": "pods"]]])
            }
            guard request.path == "/api/v1/pods" else { return HTTPServerResponse(status: 404) }
            let isWatch = request.query.contains { $0.name == "watch" }
            guard isWatch else { return HTTPServerResponse(status: 200, body: .bytes(list)) }
            return HTTPServerResponse(
                status: 200,
                body: .stream { writer in
                    for start in stride(from: 0, to: frames.count, by: Self.pieceBytes) {
                        try await writer.write(Array(frames[start..<min(start + Self.pieceBytes, frames.count)]))
                    }
                    try await Task.sleep(for: .seconds(3_600))
                })
        }
    }
}

// The little of protobuf that is needed to take a list apart and to put events together.
extension Replay {
    /// The bytes of each item: `k8s\0`, `runtime.Unknown`{2: raw}, in it the list {2: item …}.
    private static func pods(in list: [UInt8]) throws -> [ArraySlice<UInt8>] {
        guard let raw = try fields(of: list.dropFirst(4)).first(where: { $0.number == 2 }) else {
            throw BenchmarkError(description: "the list is not in protobuf")
        }
        let pods = try fields(of: raw.value).filter { $0.number == 2 }.map(\.value)
        guard !pods.isEmpty else { throw BenchmarkError(description: "the cluster has no pods") }
        return pods
    }

    private static func fields(of message: ArraySlice<UInt8>) throws -> [(number: Int, value: ArraySlice<UInt8>)] {
        var fields: [(number: Int, value: ArraySlice<UInt8>)] = []
        var rest = message
        while !rest.isEmpty {
            let tag = varint(&rest)
            guard tag & 7 == 2 else { throw BenchmarkError(description: "a field of an unexpected type") }
            let length = varint(&rest)
            fields.append((tag >> 3, rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return fields
    }

    private static func varint(_ rest: inout ArraySlice<UInt8>) -> Int {
        var (value, shift) = (0, 0)
        while let byte = rest.popFirst() {
            value |= Int(byte & 0x7F) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        return value
    }

    /// The pod at another version: of a field that occurs twice the later one counts.
    private static func changed(_ pod: ArraySlice<UInt8>, version: Int) -> [UInt8] {
        var rest = pod
        _ = varint(&rest)
        let length = varint(&rest)
        let metadata = Array(rest.prefix(length)) + field(6, Array("\(version)".utf8))
        return field(1, metadata) + rest.dropFirst(length)
    }

    private static func frame(_ pod: [UInt8]) -> [UInt8] {
        let type = field(1, field(1, Array("v1".utf8)) + field(2, Array("Pod".utf8)))
        let object = Array("k8s\0".utf8) + type + field(2, pod)
        let event = field(1, Array("MODIFIED".utf8)) + field(2, field(1, object))
        return (0..<4).map { UInt8(truncatingIfNeeded: event.count >> (24 - $0 * 8)) } + event
    }

    private static func field(_ number: Int, _ value: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [UInt8(number << 3 | 2)]
        var length = value.count
        while length >= 0x80 {
            bytes.append(UInt8(length & 0x7F) | 0x80)
            length >>= 7
        }
        return bytes + [UInt8(length)] + value
    }
}
