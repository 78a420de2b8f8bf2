internal import Base
internal import HTTPClient

extension KubernetesClient {
    /// What the pods of the cluster use, page by page; each object is decoded from the bytes as they arrive. A server
    /// that knows no pages gives all in one.
    ///
    /// - Parameter page: gets each page; objects that say nothing are counted.
    /// - Throws: `KubernetesError`: `notFound` when the cluster has no such API, `unavailable` when nobody serves it;
    ///   what `page` throws.
    package func podMetrics(
        pageSize: Int = 1_000, _ page: (_ metrics: [PodMetrics], _ malformed: Int) async throws -> Void
    ) async throws {
        var token: String? = ""
        // An end for a server that gives tokens for ever.
        for _ in 0..<Self.maximumPages {
            guard let current = token else { return }
            let list = try await metricsPage(pageSize, continuing: current)
            try await page(list.metrics, list.malformed)
            token = list.next
        }
    }

    private static let maximumPages = 1_000
    private static let metricsEndpoint = Endpoint(GroupVersion(group: "metrics.k8s.io", version: "v1beta1"), "pods")
    /// Of a page, until its last byte.
    private static let metricsTimeout: Duration = .seconds(30)

    private func metricsPage(
        _ size: Int, continuing token: String
    ) async throws -> (metrics: [PodMetrics], malformed: Int, next: String?) {
        var query = [(name: "limit", value: "\(size)")]
        if !token.isEmpty { query.append(("continue", token)) }
        var request = KubernetesRequest("GET", Self.metricsEndpoint.path(), query: query)
        (request.totalTimeout, request.acceptsCompression) = (Self.metricsTimeout, true)
        let stream = try await open(request)
        var (decoder, chunk) = (JSONListDecoder(), [UInt8]())
        var (metrics, malformed): ([PodMetrics], Int) = ([], 0)
        do {
            while try await stream.next(into: &chunk) {
                try chunk.withUnsafeBytes { bytes in
                    try decoder.feed(bytes) { object in
                        guard case .json(let view) = object, let one = PodMetrics(from: view) else {
                            return malformed += 1
                        }
                        metrics.append(one)
                    }
                }
            }
            try decoder.finish()
        } catch {
            throw KubernetesError(any: error, request: request.description)
        }
        let next = decoder.metadata.continueToken
        return (metrics, malformed, next.isEmpty ? nil : next)
    }
}
