internal import Base
internal import HTTPClient

/// Requests to a service that knows persons: each ends soon, and answers are JSON of a bounded length.
struct ProviderRequests: Sendable {
    let http: HTTPClient
    /// For logs: what the service is called.
    let provider: String

    /// More than any key set or profile has.
    private static let maximumBytes = 256 << 10
    private static let timeout: Duration = .seconds(10)

    /// The answer's status and its JSON; null when it is none.
    ///
    /// - Parameter what: for the log, such as `the token endpoint`.
    /// - Throws: `unavailable` when it cannot be asked or says that it is out of order; `invalidAnswer` when it answers too
    ///   much.
    func json(_ what: String, _ request: HTTPRequest) async throws(SignInError) -> (status: Int, json: JSONValue) {
        var request = request
        request.totalTimeout = Self.timeout
        request.connectTimeout = Self.timeout
        request.headers.set("Accept", "application/json")
        request.headers.set("User-Agent", "callboard")
        let response: HTTPResponse
        do {
            response = try await http.send(request, maximumBodyBytes: Self.maximumBytes)
        } catch let error as HTTPClientError where error.code == .bodyTooLarge {
            throw SignInError(.invalidAnswer, "\(what) of \(provider) answered more than \(Self.maximumBytes) bytes")
        } catch {
            throw SignInError(.unavailable, "\(what) of \(provider) cannot be asked: \(error)")
        }
        guard response.status < 500, response.status != 429 else {
            throw SignInError(.unavailable, "\(what) of \(provider) answered status \(response.status)")
        }
        return (response.status, (try? JSONValue(parsing: response.body)) ?? .null)
    }

    /// The same for what must be there.
    ///
    /// - Throws: `unavailable` or `invalidAnswer`.
    func document(_ what: String, _ request: HTTPRequest) async throws(SignInError) -> JSONValue {
        let (status, json) = try await json(what, request)
        guard status == 200, json.objectValue != nil else {
            throw SignInError(
                .invalidAnswer, "\(what) of \(provider) answered status \(status); expected 200 with a JSON object")
        }
        return json
    }
}

/// `name=value&…` in the characters of queries and forms.
func formEncoded(_ fields: [(String, String)]) -> String {
    fields.map { "\($0.0)=\(percentEncoded($0.1))" }.joined(separator: "&")
}
