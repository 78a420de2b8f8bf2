internal import Base

/// Reads the rows of a list in an answer as its bytes come, so that neither the answer nor its JSON is held as a whole.
struct ScaleOpsListReader<Item: Sendable> {
    private var rows: ScaleOpsRows<Item>
    private var scanner: JSONListScanner
    private var hasBegun = false

    /// - Parameters:
    ///   - key: the member that is the list.
    ///   - maximumBytes: of a row.
    ///   - read: nil: the row does not say what it is about.
    init(_ key: String, maximumBytes: Int, _ read: @escaping (inout ScaleOpsRow) -> Item?) {
        rows = ScaleOpsRows(key, read)
        scanner = JSONListScanner(list: key, maximumValueBytes: maximumBytes)
    }

    /// Takes the next bytes.
    ///
    /// - Throws: what is wrong with the answer.
    mutating func feed(_ bytes: [UInt8]) throws {
        try checkBeginning(bytes)
        do {
            try Self.feed(&scanner, bytes, &rows)
        } catch let error as JSONStreamError {
            throw Self.notJSON(error.detail)
        }
    }

    /// - Returns: what the rows gave, when nothing more comes.
    /// - Throws: the answer is not complete.
    func finish() throws -> ScaleOpsList<Item> {
        guard scanner.isComplete else { throw Self.notJSON("it ends in the midst") }
        return rows.list
    }

    private static func feed(
        _ scanner: inout JSONListScanner, _ bytes: [UInt8], _ rows: inout ScaleOpsRows<Item>
    ) throws {
        try bytes.withUnsafeBytes { chunk in
            try scanner.feed(chunk) { part, bytes in try rows.take(part, bytes) }
        }
    }

    /// JSON that is no object is told apart from what is no JSON.
    private mutating func checkBeginning(_ bytes: [UInt8]) throws {
        guard !hasBegun, let first = bytes.first(where: { !isJSONSpace($0) }) else { return }
        hasBegun = true
        guard !"[\"-0123456789tfn".utf8.contains(first) else {
            throw ScaleOpsFieldProblem(field: "the answer", detail: "expected an object")
        }
    }

    private static func notJSON(_ detail: String) -> ScaleOpsFieldProblem {
        ScaleOpsFieldProblem(field: "the answer", detail: "not valid JSON: \(detail)")
    }
}

/// The rows of a list, read one after the other; those that do not say what they are about are left out and noted.
struct ScaleOpsRows<Item: Sendable> {
    private(set) var list = ScaleOpsList<Item>()
    private let key: String
    private let read: (inout ScaleOpsRow) -> Item?
    private let parser = JSONParser()
    private var count = 0

    init(_ key: String, _ read: @escaping (inout ScaleOpsRow) -> Item?) { (self.key, self.read) = (key, read) }

    fileprivate mutating func take(_ part: JSONListScanner.Part, _ bytes: UnsafeRawBufferPointer) throws {
        switch part {
        case .element: try parser.read(bytes) { add($0) }
        case .member:
            let isNull = try parser.read(bytes) { $0.isNull }
            guard isNull else { throw ScaleOpsFieldProblem(field: key, detail: "expected a list") }
        }
    }

    mutating func add(_ view: JSONView) {
        var row = ScaleOpsRow(view, path: "\(key)[\(count)]")
        count += 1
        if row.isObject {
            if let item = read(&row) { list.items.append(item) } else { row.noteMissingIdentity() }
        }
        list.note(row.problems)
    }
}
