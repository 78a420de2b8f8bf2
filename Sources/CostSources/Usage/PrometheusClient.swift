internal import Base
package import HTTPClient

/// Asks one Prometheus. One question at a time comes from each cluster, and every answer is bounded.
package final class PrometheusClient: Sendable {
    package let endpoint: PrometheusEndpoint
    private let http: HTTPClient
    private let version: String
    private let maximumBytes: Int

    /// - Parameters:
    ///   - version: of the program.
    ///   - maximumBytes: of an answer; a longer one is given up.
    package init(_ endpoint: PrometheusEndpoint, http: HTTPClient, version: String, maximumBytes: Int = 32 << 20) {
        self.endpoint = endpoint
        self.http = http
        self.version = version
        self.maximumBytes = maximumBytes
    }

    /// The value of an expression now.
    ///
    /// - Parameter others: labels that are wanted beside namespace, pod and container.
    func query(_ expression: String, others: [String] = []) async throws(UsageError) -> PrometheusAnswer {
        try await ask("/api/v1/query", [("query", expression)], others)
    }

    /// The values of an expression from one moment to another, both included.
    ///
    /// - Parameter others: labels that are wanted beside namespace, pod and container.
    func query(
        _ expression: String, from: Timestamp, to: Timestamp, stepSeconds: Int64, others: [String] = []
    ) async throws(UsageError) -> PrometheusAnswer {
        try await ask(
            "/api/v1/query_range",
            [
                ("query", expression), ("start", from.rfc3339), ("end", to.rfc3339), ("step", "\(stepSeconds)"),
            ], others)
    }

    private func ask(
        _ path: String, _ parameters: [(name: String, value: String)], _ others: [String] = []
    ) async throws(UsageError) -> PrometheusAnswer {
        let response: HTTPResponse
        do {
            response = try await http.send(request(path, parameters), maximumBodyBytes: maximumBytes)
        } catch {
            throw problem(error)
        }
        guard response.status == 200 else { throw problem(response) }
        do {
            return try PrometheusAnswer(response.body, others: others)
        } catch let problem as PrometheusAnswer.Problem {
            let code: UsageError.Code = problem.type == "timeout" ? .timeout : problem.isTooLarge ? .tooLarge : .refused
            throw failed(code, problem.detail)
        } catch {
            throw failed(.undecodable, "\(error)")
        }
    }

    /// By POST, because expressions that name pods are longer than many a proxy takes in a URL.
    private func request(_ path: String, _ parameters: [(name: String, value: String)]) -> HTTPRequest {
        let milliseconds = Int64(endpoint.timeout / .milliseconds(1))
        let form = (parameters + [("timeout", "\(milliseconds)ms")])
            .map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        var headers: HTTPHeaders = [
            "Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json",
            "User-Agent": "callboard/\(version)",
        ]
        if !HTTPRequest.isLoopback(endpoint.baseURL) { headers.add("Accept-Encoding", "gzip") }
        if let token = endpoint.token { headers.add("Authorization", "Bearer \(token.text)") }
        return HTTPRequest(
            method: "POST", url: endpoint.baseURL + path, headers: headers, body: Array(form.utf8),
            connectTimeout: min(endpoint.timeout, .seconds(10)), totalTimeout: endpoint.timeout)
    }

    /// 422 is what an expression gets that cannot be computed, such as one that would read too many samples; 503 one that took
    /// too long.
    private func problem(_ response: HTTPResponse) -> UsageError {
        let said = PrometheusAnswer.problem(response.body)
        let detail = "answered \(response.status)" + (said.detail.isEmpty ? "" : ": \(said.detail)")
        switch response.status {
        case 401, 403: return failed(.forbidden, detail)
        case 404: return failed(.refused, "\(detail); is the URL that of a Prometheus?")
        case 422 where said.isTooLarge: return failed(.tooLarge, detail)
        case 503 where said.type == "timeout": return failed(.timeout, detail)
        default: return failed(.refused, detail)
        }
    }

    private func problem(_ error: any Error) -> UsageError {
        guard let error = error as? HTTPClientError else { return failed(.cancelled, "cancelled") }
        return failed(UsageError.Code(error.code), error.detail)
    }

    private func failed(_ code: UsageError.Code, _ detail: String) -> UsageError {
        UsageError(code, "Prometheus: " + SecretMask.masked(detail, [endpoint.token].compactMap { $0 }))
    }
}
