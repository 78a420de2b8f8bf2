internal import Base
package import HTTPClient

/// Asks one OpenCost. Every answer is bounded, and reads that fail are tried again a few times.
package final class OpenCostClient: Sendable {
    package let endpoint: OpenCostEndpoint
    private let http: HTTPClient
    private let version: String
    private let maximumBytes: Int
    private let pause: @Sendable (Duration) async throws -> Void

    /// - Parameters:
    ///   - version: of the program.
    ///   - maximumBytes: of an answer; a longer one is given up.
    ///   - pause: waits before a read is tried again.
    package init(
        _ endpoint: OpenCostEndpoint, http: HTTPClient, version: String, maximumBytes: Int = 64 << 20,
        pause: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) {
        (self.endpoint, self.http, self.version) = (endpoint, http, version)
        (self.maximumBytes, self.pause) = (maximumBytes, pause)
    }

    package func allocations(_ question: OpenCostQuestion) async throws(UsageError) -> OpenCostAnswer {
        let response = try await answer(request(question))
        guard response.status == 200 else {
            let words = OpenCostAnswer.words(response.body)
            throw failed(Self.code(response.status), "answered \(response.status): \(words)")
        }
        do {
            return try OpenCostAnswer(response.body, to: question)
        } catch let problem as OpenCostAnswer.Problem {
            throw failed(.refused, problem.detail)
        } catch {
            throw failed(.undecodable, "\(error)")
        }
    }

    /// The answer after the last attempt.
    private func answer(_ request: HTTPRequest) async throws(UsageError) -> HTTPResponse {
        var repeats = RequestRepeats(isRead: true)
        while true {
            let attempt = await send(request)
            let outcome: RequestRepeats.Outcome =
                switch attempt {
                case .success(let response):
                    .answer(
                        status: response.status,
                        retryAfter: response.headers.retryAfterSeconds().map { .seconds($0) })
                case .failure(let error): .failure(error.code)
                }
            guard let wait = Self.wait(&repeats, after: outcome), (try? await pause(wait)) != nil else {
                return try result(of: attempt)
            }
        }
    }

    private static func wait(_ repeats: inout RequestRepeats, after outcome: RequestRepeats.Outcome) -> Duration? {
        var generator = SystemRandomNumberGenerator()
        guard case .wait(let duration) = repeats.next(after: outcome, using: &generator) else { return nil }
        return duration
    }

    private func send(_ request: HTTPRequest) async -> Result<HTTPResponse, HTTPClientError> {
        do {
            return .success(try await http.send(request, maximumBodyBytes: maximumBytes))
        } catch let error as HTTPClientError {
            return .failure(error)
        } catch {
            return .failure(HTTPClientError(code: .cancelled, request: "", detail: "cancelled"))
        }
    }

    private func result(of attempt: Result<HTTPResponse, HTTPClientError>) throws(UsageError) -> HTTPResponse {
        switch attempt {
        case .success(let response): return response
        case .failure(let error): throw failed(UsageError.Code(error.code), error.detail)
        }
    }

    private func request(_ question: OpenCostQuestion) -> HTTPRequest {
        var headers: HTTPHeaders = ["Accept": "application/json", "User-Agent": "callboard/\(version)"]
        if !HTTPRequest.isLoopback(endpoint.baseURL) { headers.add("Accept-Encoding", "gzip") }
        if let token = endpoint.token { headers.add("Authorization", "Bearer \(token.text)") }
        return HTTPRequest(
            url: "\(endpoint.baseURL)/allocation/compute?\(question.query)", headers: headers,
            connectTimeout: min(endpoint.timeout, .seconds(10)), totalTimeout: endpoint.timeout)
    }

    private static func code(_ status: Int) -> UsageError.Code {
        switch status {
        case 401, 403: .forbidden
        case 413: .tooLarge
        default: .refused
        }
    }

    private func failed(_ code: UsageError.Code, _ detail: String) -> UsageError {
        UsageError(code, "OpenCost \(endpoint.name): " + SecretMask.masked(detail, [endpoint.token].compactMap { $0 }))
    }
}
