package import Base

/// What is sent of a notification: its envelope, and lines for people.
package struct WebhookMessage: Sendable {
    package struct Line: Sendable {
        package let text: String
        package let url: String?

        package init(text: String, url: String?) {
            self.text = text
            self.url = url
        }
    }

    package let envelope: JSONObject
    package let lines: [Line]

    package init(envelope: JSONObject, lines: [Line]) {
        self.envelope = envelope
        self.lines = lines
    }

    func body(_ format: Webhook.Format) -> [UInt8] {
        switch format {
        case .json: JSONValue.object(envelope).serialized()
        case .slack: SlackMessage(title: string("title"), lines: lines, footer: footer).json.serialized()
        }
    }

    var id: String { string("id") }
    var type: String { string("type") }

    private var footer: String {
        let window = envelope["window"]
        let (from, to) = (window?["from"]?.stringValue ?? "", window?["to"]?.stringValue ?? "")
        return "Callboard \(string("instance")), \(from) – \(to)"
    }

    private func string(_ key: String) -> String { envelope[key]?.stringValue ?? "" }
}
