/// Backstage's `ObjectsByEntityResponse`. It is made of the lists as they came, which are written piece by piece: there
/// is no second copy of them in memory.
struct ObjectsAnswer: Sendable {
    let clusters: [ClusterAnswer]

    /// - Throws: what the sink throws.
    func write(to sink: JSONText.Sink) async throws {
        var json = JSONText()
        json.open("{")
        json.key("items")
        json.open("[")
        for cluster in clusters where !cluster.isEmpty { try await cluster.write(to: &json, sink) }
        json.close("]")
        json.close("}")
        try await json.pass(to: sink, isEnd: true)
    }
}
