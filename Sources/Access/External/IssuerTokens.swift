package import Actions
package import Base
package import HTTPClient

/// Tokens of the issuers that are configured.
package struct IssuerTokens: TokenVerifier {
    private let issuers: [(issuer: TokenIssuer, keys: IssuerKeys)]
    private let now: @Sendable () -> Timestamp

    /// - Parameter keys: of an issuer.
    package init(
        _ issuers: [TokenIssuer], now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        keys: (TokenIssuer) -> IssuerKeys
    ) {
        self.issuers = issuers.map { ($0, keys($0)) }
        self.now = now
    }

    /// Fetches the keys over HTTP, and tells how that goes and how old they are.
    package init(_ issuers: [TokenIssuer], _ http: HTTPClient, _ metrics: MetricsRegistry, logger: Logger) {
        let start = ContinuousClock.now
        let fetches = metrics.counter(
            "callboard_token_key_fetches_total", help: "Attempts to fetch the keys of an issuer of tokens.",
            labels: ["issuer", "result"])
        let age = metrics.gauge(
            "callboard_token_keys_age_seconds", help: "How long ago the keys of an issuer of tokens were fetched.",
            labels: ["issuer"])
        self.init(issuers) { issuer in
            let name = issuer.name
            let keys = IssuerKeys(
                name: name, now: { start.duration(to: .now) },
                observe: { isGood in
                    fetches.increment([name, isGood ? "succeeded" : "failed"])
                    if !isGood {
                        logger.warning("the keys of an issuer of tokens cannot be fetched", ["issuer": .string(name)])
                    }
                },
                fetch: { try await Self.document(issuer, http) })
            metrics.beforeExposition { [weak keys] in
                guard let keys else { return false }
                if let seconds = keys.age { age.set(seconds / .seconds(1), [name]) }
                return true
            }
            return keys
        }
    }

    /// As long as a request may well wait for it.
    private static let deadline = Duration.seconds(5)
    private static let maximumBytes = 256 << 10

    private static func document(_ issuer: TokenIssuer, _ http: HTTPClient) async throws -> [UInt8] {
        let request = HTTPRequest(
            url: issuer.url, headers: ["Accept": "application/json"], connectTimeout: deadline, totalTimeout: deadline)
        let answer = try await http.send(request, maximumBodyBytes: maximumBytes)
        guard answer.status == 200 else {
            throw HTTPClientError(code: .other, request: "GET \(issuer.name)", detail: "\(answer.status)")
        }
        return answer.body
    }

    package func caller(of text: String) async throws(TokenError) -> Caller? {
        guard JSONWebToken.looksLikeOne(text), let token = try? JSONWebToken(parsing: text) else { return nil }
        var (problem, silence): (TokenError?, TokenError?)
        for (issuer, keys) in issuers where issuer.mayHaveIssued(token) {
            do {
                return try issuer.caller(of: token, keys: try await keys.keys(for: token), at: now())
            } catch let error as TokenError where issuer.issuers.isEmpty {
                // It may be anybody's token, so that whoever knows it decides.
                silence = silence ?? error
            } catch let error as TokenError {
                problem = problem ?? error
            } catch let error as JWTError {
                // Without an issuer to name, only a key that fits tells whose token it is.
                let isForeign = issuer.issuers.isEmpty && [.unknownKey, .algorithm, .signature].contains(error)
                if !isForeign { problem = problem ?? .invalid(error.description) }
            } catch {
                problem = problem ?? .unavailable("\(error)")
            }
        }
        if let problem = problem ?? silence { throw problem }
        return nil
    }
}
