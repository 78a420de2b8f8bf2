package import Base
package import HTTPClient

/// Asks one GitHub: no faster than it likes, not at all while its rate limit is used up, after redirects.
package actor GitHubClient {
    /// A question.
    struct Request {
        enum Base { case api, raw }

        var base = Base.api
        /// Encoded, beginning with a slash.
        var path: String
        var query: [(name: String, value: String)] = []
        var accept = "application/vnd.github+json"
        var etag: String?
        var maximumBytes = 16 << 20
    }

    /// What GitHub answered: 200, 304, or one of the statuses that say that something is not there.
    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let body: [UInt8]
    }

    /// How requests are sent.
    package struct Manner: Sendable {
        /// Between the beginnings of two requests: GitHub allows 900 reads a minute beside the hourly limit.
        package var gap: Duration = .milliseconds(70)
        /// For an answer with all its redirects.
        package var deadline: Duration = .seconds(30)
        package var now: @Sendable () -> Timestamp = { .now() }

        package init() {}
    }

    package nonisolated let host: GitHubHost
    nonisolated let manner: Manner
    private let http: HTTPClient
    private let metrics: GitHubMetrics
    private let userAgent: String
    private var limit = GitHubRateLimit()
    private var nextTurn = ContinuousClock.now

    /// - Parameter version: of the program; GitHub wants to know who asks.
    package init(
        _ host: GitHubHost, http: HTTPClient, metrics: GitHubMetrics, version: String, manner: Manner = Manner()
    ) {
        self.host = host
        self.http = http
        self.metrics = metrics
        self.manner = manner
        userAgent = "callboard/\(version)"
    }

    /// Asks.
    ///
    /// - Parameter absences: the statuses that say that something is not there, to be answered and not thrown.
    func send(_ request: Request, absences: Set<Int> = [404]) async throws(GitHubError) -> Answer {
        let end = ContinuousClock.now + manner.deadline
        guard let base = request.base == .api ? host.apiBaseURL : host.rawBaseURL else {
            throw GitHubError(.unexpected, "integrations.github of \(host) has no \(request.base)BaseUrl")
        }
        let query = request.query.map { "\($0.name)=\(percentEncoded($0.value))" }.joined(separator: "&")
        var url = base + request.path + (query.isEmpty ? "" : "?" + query)
        var sendsToken = true
        for _ in 0...Self.maximumRedirects {
            let response = try await exchange(request, url, sendsToken: sendsToken, until: end)
            guard [301, 302, 303, 307, 308].contains(response.status), let target = response.headers["Location"] else {
                return try judge(response, url, absences)
            }
            let next = try GitHubRedirect(from: url, to: target, host)
            // Once elsewhere, always elsewhere: the other host could send the token back to where it likes.
            sendsToken = sendsToken && next.isSameOrigin
            url = next.url
        }
        throw GitHubError(.unexpected, "\(redactedURL(url)): more than \(Self.maximumRedirects) redirects")
    }

    private static let maximumRedirects = 5

    private func exchange(
        _ request: Request, _ url: String, sendsToken: Bool, until end: ContinuousClock.Instant
    ) async throws(GitHubError) -> HTTPResponse {
        try await waitForTurn(url)
        var headers: HTTPHeaders = ["Accept": request.accept, "User-Agent": userAgent, "Accept-Encoding": "gzip"]
        if request.base == .api { headers.set("X-GitHub-Api-Version", "2022-11-28") }
        if let etag = request.etag { headers.set("If-None-Match", etag) }
        if sendsToken, let token = host.token { headers.set("Authorization", "Bearer \(token)") }
        let left = max(end - .now, .milliseconds(1))
        let connecting = min(left, .seconds(10))
        do {
            let response = try await http.send(
                HTTPRequest(url: url, headers: headers, connectTimeout: connecting, totalTimeout: left),
                maximumBodyBytes: request.maximumBytes)
            metrics.count(host.name, status: response.status, headers: response.headers)
            return response
        } catch {
            metrics.count(host.name, status: nil, headers: [:])
            throw GitHubError(error, url, maximumBytes: request.maximumBytes)
        }
    }

    /// Waits until the next request may begin. Who asks while the limit is used up is told so at once.
    private func waitForTurn(_ url: String) async throws(GitHubError) {
        if let until = limit.refusal(at: manner.now()) { throw rateLimited(until) }
        let turn = max(nextTurn, ContinuousClock.now)
        nextTurn = turn + manner.gap
        do {
            try await Task.sleep(until: turn, clock: .continuous)
        } catch {
            throw GitHubError(.cancelled, "\(redactedURL(url)): cancelled")
        }
        if let until = limit.refusal(at: manner.now()) { throw rateLimited(until) }
    }

    private func judge(
        _ response: HTTPResponse, _ url: String, _ absences: Set<Int>
    ) throws(GitHubError) -> Answer {
        let message = scrubbed(Self.message(response.body))
        let until = limit.observe(
            status: response.status, headers: response.headers, message: message, now: manner.now())
        if let until { throw rateLimited(until) }
        let status = response.status
        if status == 200 || status == 304 || absences.contains(status) {
            return Answer(status: status, headers: response.headers, body: response.body)
        }
        let words = "\(redactedURL(url)): GitHub answered \(status)" + (message.isEmpty ? "" : ": \(message)")
        switch status {
        case 401: throw GitHubError(.unauthorized, words + "; check the token of integrations.github for \(host)")
        case 403: throw GitHubError(.forbidden, words)
        default: throw GitHubError(.unexpected, words)
        }
    }

    private func rateLimited(_ until: Timestamp) -> GitHubError {
        GitHubError(.rateLimited, "the rate limit of \(host) is used up until \(until.rfc3339)", until: until)
    }

    /// What an error's body says; bounded, since it ends up in logs and in the database.
    private static func message(_ body: [UInt8]) -> String {
        guard body.count < 64 << 10, let document = try? JSONValue(parsing: body) else { return "" }
        let words = [document["message"], document["documentation_url"]].compactMap { $0?.stringValue }
        return String(words.joined(separator: " ").prefix(300))
    }

    /// Without the token, should GitHub repeat it.
    private func scrubbed(_ text: String) -> String {
        guard let token = host.token, !token.isEmpty, let range = text.firstRange(of: token) else { return text }
        return scrubbed(text[..<range.lowerBound] + "…" + text[range.upperBound...])
    }
}

/// Where a redirect leads.
struct GitHubRedirect {
    let url: String
    let isSameOrigin: Bool

    init(from url: String, to target: String, _ host: GitHubHost) throws(GitHubError) {
        let old = URLParts(url)
        let origin = old.map { "\($0.scheme)://\($0.authority)" } ?? ""
        let absolute = target.hasPrefix("/") && !target.hasPrefix("//") ? origin + target : target
        guard let new = URLParts(absolute), new.scheme == old?.scheme || new.scheme == "https" else {
            throw GitHubError(.unexpected, "\(redactedURL(url)): GitHub redirects to what is no https URL")
        }
        self.url = absolute
        isSameOrigin = new.authority == old?.authority && new.scheme == old?.scheme
    }
}

extension GitHubError {
    /// A request that got no whole answer.
    init(_ error: any Error, _ url: String, maximumBytes: Int) {
        let place = redactedURL(url)
        guard let error = error as? HTTPClientError else {
            self.init(.cancelled, "\(place): cancelled")
            return
        }
        switch error.code {
        case .cancelled: self.init(.cancelled, "\(place): cancelled")
        case .bodyTooLarge: self.init(.tooLarge, "\(place): longer than \(maximumBytes) bytes")
        case .timeout, .connectionLost: self.init(.incomplete, error.description)
        case .invalidRequest, .cannotResolve, .cannotConnect, .tls, .other: self.init(.unreachable, error.description)
        }
    }
}
