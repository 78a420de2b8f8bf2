package import Base
package import Costs
package import HTTPClient

/// Sends notifications to one webhook. Redirects are not followed.
package struct WebhookClient: Sendable {
    /// What an attempt led to.
    package struct Result: Sendable, Hashable {
        package let outcome: DeliveryRule.Outcome
        /// Of the answer; nil: there was none.
        package let status: Int?
        /// What was wrong, without secrets; nil: nothing.
        package let error: String?
        /// Whether our own end came before the answer: it says nothing of the receiver.
        package let isCancelled: Bool

        /// Callers of this room make results in tests only.
        package init(outcome: DeliveryRule.Outcome, status: Int?, error: String?, isCancelled: Bool = false) {
            (self.outcome, self.status, self.error, self.isCancelled) = (outcome, status, error, isCancelled)
        }
    }

    package let webhook: Webhook
    private let http: HTTPClient
    private let version: String
    private let deadline: Duration

    /// A receiver has nothing to say that is longer.
    private static let maximumAnswer = 64 << 10
    /// Of an answer's words in an error.
    private static let maximumWords = 100

    /// - Parameters:
    ///   - version: of the program.
    ///   - deadline: for an answer.
    package init(_ webhook: Webhook, http: HTTPClient, version: String, deadline: Duration = .seconds(10)) {
        self.webhook = webhook
        self.http = http
        self.version = version
        self.deadline = deadline
    }

    /// Sends once.
    package func send(_ message: WebhookMessage, at moment: Timestamp) async -> Result {
        do {
            return answered(try await http.send(request(message, moment), maximumBodyBytes: Self.maximumAnswer))
        } catch {
            return failed(error as? HTTPClientError)
        }
    }

    private func request(_ message: WebhookMessage, _ moment: Timestamp) -> HTTPRequest {
        let body = message.body(webhook.format)
        let seconds = String(moment.microseconds / 1_000_000)
        var headers: HTTPHeaders = [
            "Content-Type": "application/json", "User-Agent": "callboard/\(version)",
            "X-Callboard-Event": message.type, "X-Callboard-Delivery": message.id, "X-Callboard-Timestamp": seconds,
        ]
        if let key = webhook.key {
            headers.add("X-Callboard-Signature", "sha256=" + Self.signature(of: body, seconds, key))
        }
        for (name, value) in webhook.headers { headers.set(name, value.text) }
        return HTTPRequest(
            method: "POST", url: webhook.url.text, headers: headers, body: body,
            connectTimeout: min(deadline, .seconds(5)), totalTimeout: deadline)
    }

    /// Over time and body, so that what was overheard cannot be sent again later.
    private static func signature(of body: [UInt8], _ seconds: String, _ key: Secret) -> String {
        Hex.encode(hmacSHA256(Array((seconds + ".").utf8) + body, key: Array(key.text.utf8)))
    }

    private func answered(_ response: HTTPResponse) -> Result {
        let wish = response.headers.retryAfterSeconds()
        let outcome = DeliveryRule.Outcome.answer(status: response.status, retryAfter: wish)
        guard !(200...299).contains(response.status) else {
            return Result(outcome: outcome, status: response.status, error: nil)
        }
        let isRedirect = (300...399).contains(response.status)
        let words = isRedirect ? "a redirect is not followed" : Self.words(response.body)
        let error = "answered \(response.status)" + (words.isEmpty ? "" : ": \(words)")
        return Result(outcome: outcome, status: response.status, error: masked(error))
    }

    /// What is longer than a word or two, or looks like markup, is no reason that somebody could read.
    private static func words(_ body: [UInt8]) -> String {
        let isPlain = body.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "<") }
        return isPlain && body.count <= maximumWords ? String(decoding: body, as: UTF8.self) : ""
    }

    /// The error's request has the URL, which is a secret.
    private func failed(_ error: HTTPClientError?) -> Result {
        guard let error, error.code != .cancelled else {
            return Result(outcome: .failure, status: nil, error: "cancelled", isCancelled: true)
        }
        return Result(
            outcome: error.code == .invalidRequest ? .unsendable : .failure, status: nil,
            error: masked("no answer (\(error.code.rawValue))"))
    }

    private func masked(_ text: String) -> String { SecretMask.masked(text, webhook.secrets) }
}
