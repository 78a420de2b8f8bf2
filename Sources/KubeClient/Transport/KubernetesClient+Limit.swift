internal import HTTPClient

extension KubernetesClient {
    /// Sends a request and repeats it only with new credentials. All of it, also getting those, ends within the limit.
    ///
    /// - Throws: `KubernetesError`, also for every answer that is not 2xx; `timeout` when the limit has passed.
    func send(_ request: KubernetesRequest, within limit: Duration) async throws -> HTTPResponse {
        var once = request
        (once.isRepeated, once.totalTimeout) = (false, limit)
        let late = KubernetesError(
            code: .timeout, request: request.description, detail: "no answer within \(limit)")
        return try await withThrowingTaskGroup(of: HTTPResponse.self) { [once] group in
            defer { group.cancelAll() }
            group.addTask { try await self.send(once) }
            group.addTask {
                do {
                    try await Task.sleep(for: limit)
                } catch {
                    throw KubernetesError(any: error, request: late.request)
                }
                throw late
            }
            guard let response = try await group.next() else { throw late }
            return response
        }
    }
}
