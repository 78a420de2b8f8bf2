internal import Base

/// What OpenCost answered: what it allocates, step by step.
package struct OpenCostAnswer: Sendable {
    package private(set) var rows: [OpenCostRow] = []
    /// Rows and fields that could not be read, by OpenCost's name of the cluster; empty: they do not say of which.
    package private(set) var malformed: [String: Int] = [:]

    /// What an answer says that is none.
    struct Problem: Error { let detail: String }

    /// Reads the body of an answer with a good status. It has a status of its own, which may be another.
    ///
    /// - Throws: `Problem`; `JSONError`.
    init(_ body: [UInt8], to question: OpenCostQuestion) throws {
        self = try body.withUnsafeBytes { bytes in
            try JSONParser().read(bytes) { try OpenCostAnswer($0, to: question) }
        }
    }

    private init(_ root: JSONView, to question: OpenCostQuestion) throws {
        let code = root["code"]?.value().intValue
        guard code == nil || code == 200 else { throw Problem(detail: "code \(code ?? 0): \(Self.words(root))") }
        guard let data = root["data"], data.isArray else {
            throw Problem(detail: "no list in data: \(Self.words(root))")
        }
        let steps = question.steps
        data.forEachElement { step in
            step.forEachMember { key, value in
                read(value, String(decoding: key, as: UTF8.self), steps, question.stepHours)
            }
        }
    }

    private mutating func read(_ value: JSONView, _ key: String, _ steps: Set<Timestamp>, _ stepHours: Int) {
        var reader = OpenCostRowReader(value, key: key)
        if let row = reader.row(in: steps, stepHours: stepHours) { rows.append(row) }
        if reader.malformed > 0 { malformed[reader.cluster, default: 0] += reader.malformed }
    }

    private static func words(_ root: JSONView) -> String {
        short(root["message"]?.stringValue ?? root["error"]?.stringValue ?? "it says no more")
    }

    /// Of an answer with an error status: its own words when it has some, else the beginning of the text.
    static func words(_ body: [UInt8]) -> String {
        let found = try? body.withUnsafeBytes { bytes in try JSONParser().read(bytes) { $0["message"]?.stringValue } }
        return short(found ?? String(decoding: body.prefix(maximumText), as: UTF8.self))
    }

    private static func short(_ text: String) -> String {
        String(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(maximumText))
    }

    private static let maximumText = 300
}
