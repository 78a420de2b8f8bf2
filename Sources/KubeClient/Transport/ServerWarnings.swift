internal import Base
internal import Synchronization

/// Logs what an API server warns about in `Warning` fields (deprecated versions, unknown fields), each text once.
final class ServerWarnings: Sendable {
    /// Above that, what was said is forgotten, and said again should it come again.
    private static let maximumTexts = 500
    /// Of one text; the API server itself sends no more (apiserver pkg/warning).
    private static let maximumBytes = 4 << 10

    private let logger: Logger
    private let known = Mutex<Set<String>>([])

    init(_ logger: Logger) { self.logger = logger }

    func read(_ headers: HTTPHeaders, of request: KubernetesRequest) {
        for field in headers.all("Warning") {
            for text in Self.texts(of: field) where isNew(text) {
                logger.warning(
                    "the API server warns", ["warning": .string(text), "request": .string(request.description)])
            }
        }
    }

    private func isNew(_ text: String) -> Bool {
        known.withLock { known in
            if known.count >= Self.maximumTexts, !known.contains(text) { known.removeAll() }
            return known.insert(text).inserted
        }
    }

    /// The texts of a field's warnings with code 299, as RFC 7234 §5.5 writes them: `299 agent "text" "date"`, several
    /// separated by commas.
    static func texts(of field: String) -> [String] {
        var texts: [String] = []
        var rest = Substring(field)
        while let code = rest.word(), rest.word() != nil, let text = rest.quoted() {
            if code == "299" { texts.append(String(decoding: Array(text.utf8.prefix(maximumBytes)), as: UTF8.self)) }
            // A date may follow.
            _ = rest.quoted()
            guard rest.skip(",") else { break }
        }
        return texts
    }
}

extension Substring {
    private mutating func skipBlanks() { self = drop { $0 == " " || $0 == "\t" } }

    fileprivate mutating func skip(_ character: Character) -> Bool {
        skipBlanks()
        guard first == character else { return false }
        removeFirst()
        return true
    }

    fileprivate mutating func word() -> Substring? {
        skipBlanks()
        let word = prefix { $0 != " " && $0 != "\t" && $0 != "\"" && $0 != "," }
        self = self[word.endIndex...]
        return word.isEmpty ? nil : word
    }

    /// A quoted text, in which a backslash stands before what is meant as it is.
    fileprivate mutating func quoted() -> String? {
        let start = self
        guard skip("\"") else { return nil }
        var text = ""
        while let character = popFirst() {
            if character == "\"" { return text }
            guard let meant = character == "\\" ? popFirst() : character else { break }
            text.append(meant)
        }
        self = start
        return nil
    }
}
