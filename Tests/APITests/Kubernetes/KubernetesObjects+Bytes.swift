@testable import API

extension KubernetesObjects {
    /// The answer as its reader gets it.
    func bytes(_ demand: Demand, of query: ObjectQuery) async throws -> [UInt8] {
        try await objects(demand, of: query).bytes
    }
}

extension ObjectsAnswer {
    var bytes: [UInt8] {
        get async throws {
            let (pieces, sink) = AsyncStream.makeStream(of: [UInt8].self)
            try await write { sink.yield($0) }
            sink.finish()
            return await pieces.reduce(into: []) { $0 += $1 }
        }
    }
}
