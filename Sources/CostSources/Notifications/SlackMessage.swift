internal import Base

/// A notification as Slack's incoming webhooks take it: `text` for where blocks are not shown, and `blocks`. Slack refuses
/// messages with longer parts than it allows, so every part is bounded.
struct SlackMessage {
    let title: String
    let lines: [WebhookMessage.Line]
    /// Stands small at the end.
    let footer: String

    /// Characters of a header, of a section's text, and of `text`; blocks of a message (Slack's Block Kit reference allows 150,
    /// 3,000, 40,000 and 50).
    private static let maximumTitle = 150
    private static let maximumSection = 2_900
    private static let maximumText = 3_000
    private static let maximumSections = 10
    /// Of one line and of one link, so that a section holds several.
    private static let maximumLine = 400
    private static let maximumURL = 1_000

    var json: JSONValue {
        let header: JSONValue = [
            "type": "header", "text": ["type": "plain_text", "text": .string(Self.cut(title, Self.maximumTitle))],
        ]
        let sections = sections.map { text -> JSONValue in
            ["type": "section", "text": ["type": "mrkdwn", "text": .string(text)]]
        }
        let context: JSONValue = [
            "type": "context", "elements": [["type": "mrkdwn", "text": .string(Self.escaped(footer, 500))]],
        ]
        return [
            "text": .string(Self.escaped(title, Self.maximumText)), "blocks": .array([header] + sections + [context]),
        ]
    }

    /// Lines together, as many as a section may hold. What is beyond the last section is left out.
    private var sections: [String] {
        var sections: [String] = []
        for line in lines.map(Self.shown) {
            if let last = sections.last, last.unicodeScalars.count + line.unicodeScalars.count < Self.maximumSection {
                sections[sections.count - 1] = last + "\n" + line
            } else if sections.count < Self.maximumSections {
                sections.append(line)
            } else {
                break
            }
        }
        return sections
    }

    private static func shown(_ line: WebhookMessage.Line) -> String {
        let text = escaped(line.text, maximumLine)
        guard let url = line.url, url.utf8.count <= maximumURL, !url.contains(where: { "|<> ".contains($0) }) else {
            return text
        }
        return "<\(replaced(url))|\(text.replacing("|", with: "¦"))>"
    }

    /// `&`, `<` and `>` are how Slack marks links and mentions: a text with them would be one.
    private static func escaped(_ text: String, _ limit: Int) -> String { replaced(cut(text, limit)) }

    private static func replaced(_ text: String) -> String {
        text.unicodeScalars.reduce(into: "") { shown, scalar in
            switch scalar {
            case "&": shown += "&amp;"
            case "<": shown += "&lt;"
            case ">": shown += "&gt;"
            case "\n", "\r": shown += " "
            default: shown.unicodeScalars.append(scalar)
            }
        }
    }

    /// By scalars, which Slack counts at most.
    private static func cut(_ text: String, _ limit: Int) -> String {
        guard text.unicodeScalars.count > limit else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit - 1))) + "…"
    }
}
