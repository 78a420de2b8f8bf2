internal import Base

/// Reads the annotations of one workload, and notes what cannot be used.
struct AnnotationReading {
    let settings: IngestionSettings
    let annotations: [String: String]
    var problems: [IngestionProblem] = []

    init(_ settings: IngestionSettings, _ annotations: [String: String]) {
        self.settings = settings
        self.annotations = annotations
    }

    /// The text of `P/<name>`; nil when it is absent or blank.
    func text(_ name: String) -> String? {
        let text = annotations[settings.annotation(name)]?.trimmed ?? ""
        return text.isEmpty ? nil : text
    }

    /// Texts between commas or line breaks.
    func list(_ name: String) -> [String] {
        (text(name) ?? "").split { $0 == "," || $0.isNewline }.map(\.trimmed).filter { !$0.isEmpty }
    }

    mutating func complain(_ name: String, _ detail: String, ref: EntityRef? = nil) {
        problems.append(IngestionProblem(ref: ref, "The annotation \(settings.annotation(name)) \(detail)"))
    }

    /// `P/links`: a JSON list of objects; what is no link is left out and told.
    mutating func links() -> [JSONValue] {
        guard let text = text("links") else { return [] }
        guard let elements = (try? JSONValue(parsing: text))?.arrayValue else {
            complain("links", "is not a JSON list of objects with url, title, icon and type")
            return []
        }
        var links: [JSONValue] = []
        for (index, element) in elements.enumerated() {
            guard let url = element["url"]?.stringValue, FieldFormat.linkURL.accepts(url), !isJavaScriptURL(url) else {
                complain("links", "has no valid url in element \(index)")
                continue
            }
            links.append(.object(Self.link(url, element)))
        }
        return links
    }

    private static func link(_ url: String, _ element: JSONValue) -> JSONObject {
        var link: JSONObject = ["url": .string(url)]
        for (key, format) in [("title", FieldFormat.linkTitle), ("icon", .linkIcon), ("type", .linkTitle)] {
            if let text = element[key]?.stringValue, format.accepts(text) { link[key] = .string(text) }
        }
        return link
    }

    /// `P/backstage-tags`: pairs `key:value`; of a key the last counts.
    func customTags() -> [String] {
        var tags: [(key: String, tag: String)] = []
        for pair in list("backstage-tags") {
            let parts = pair.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, let key = IngestedName.tag(parts[0]), let tag = IngestedName.tag(parts[0], parts[1])
            else { continue }
            tags.removeAll { $0.key == key }
            tags.append((key, tag))
        }
        return tags.map(\.tag)
    }

    /// `P/component-annotations`: a JSON object, or `name=value` on lines of their own, or between commas. A comma stands
    /// in a value where no `=` follows before the next one, and anywhere when there are lines.
    mutating func extraAnnotations() -> [(String, String)] {
        guard let text = text("component-annotations") else { return [] }
        var pairs: [(String, String)] = []
        for (name, value) in pairsOf(text) {
            guard let value, FieldFormat.annotationKey.accepts(name), !IngestionFilter.isReserved(name) else {
                complain("component-annotations", "cannot set \"\(name.prefix(80))\"")
                continue
            }
            pairs.append((name, value))
        }
        return pairs
    }

    private func pairsOf(_ text: String) -> [(String, String?)] {
        if text.hasPrefix("{") {
            guard let object = (try? JSONValue(parsing: text))?.objectValue else { return [(text, nil)] }
            return object.map { ($0.key, $0.value.stringValue) }
        }
        let isInLines = text.contains(where: \.isNewline)
        var pieces: [String] = []
        for piece in text.split(whereSeparator: { isInLines ? $0.isNewline : $0 == "," }).map(String.init) {
            if !isInLines, !piece.contains("="), let last = pieces.indices.last {
                pieces[last] += "," + piece
            } else {
                pieces.append(piece)
            }
        }
        return pieces.map(\.trimmed).filter { !$0.isEmpty }.map { piece in
            let parts = piece.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (parts[0].trimmed, parts.count > 1 ? parts[1].trimmed : nil)
        }
    }
}
