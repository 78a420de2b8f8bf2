internal import Base

/// Where notifications go. Everything but the name and the form is a secret: whoever knows a URL of Slack may write there.
package struct Webhook: Sendable {
    /// What the body looks like. The raw value is what is configured.
    package enum Format: String, Sendable, CaseIterable {
        /// The envelope as it is.
        case json
        /// Text and blocks, as Slack's incoming webhooks take them.
        case slack
    }

    /// By which it is known in the log, the metrics and the API.
    package let name: String
    package let format: Format
    let url: Secret
    /// Further header fields.
    let headers: [(name: String, value: Secret)]
    /// What bodies are signed with; nil: they are not.
    let key: Secret?

    package init(
        name: String, url: Secret, format: Format = .json, headers: [(name: String, value: Secret)] = [],
        key: Secret? = nil
    ) {
        self.name = name
        self.url = url
        self.format = format
        self.headers = headers
        self.key = key
    }

    /// What must not be shown where an error is told: the URL, the other secrets, and the words that they consist of.
    var secrets: [Secret] {
        let wholes = [url] + headers.map(\.value) + [key].compactMap { $0 }
        let words = wholes.flatMap { $0.text.split { "/?&=#@: ".contains($0) } }
        return wholes + words.map { Secret(String($0)) }
    }
}
