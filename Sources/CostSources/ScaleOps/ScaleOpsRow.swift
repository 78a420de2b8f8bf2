internal import Base
internal import Costs

/// A field of an answer that cannot be used as it is.
package struct ScaleOpsFieldProblem: Error, Equatable, CustomStringConvertible {
    /// Such as `workloads[3].cpuRequests`.
    package let field: String
    /// What was expected and what was found; never the value.
    package let detail: String

    package var description: String { "\(field): \(detail)" }
}

/// What a list of an answer gave.
package struct ScaleOpsList<Item: Sendable>: Sendable {
    package internal(set) var items: [Item] = []
    /// The first of them.
    package private(set) var problems: [ScaleOpsFieldProblem] = []
    /// How many there are.
    package private(set) var problemCount = 0

    private static var maximumProblems: Int { 20 }

    mutating func note(_ found: [ScaleOpsFieldProblem]) {
        problems += found.prefix(Self.maximumProblems - problems.count)
        problemCount += found.count
    }
}

/// Reads the fields of one object, as leniently as ScaleOps writes them: null, absent and empty are the same, numbers may be
/// texts. A field that cannot be used counts as absent and is noted.
struct ScaleOpsRow {
    /// An answer's row lies in what was parsed, and only the fields that are asked for become values.
    private enum Source {
        case view(JSONView)
        case object(JSONObject)
        case other
    }

    private let source: Source
    private let path: String
    private(set) var problems: [ScaleOpsFieldProblem] = []

    /// - Parameter view: the row is not to be used after it.
    init(_ view: JSONView, path: String) {
        source = view.isObject ? .view(view) : .other
        self.path = path
        if !isObject { let _: Never? = note("", "an object", view.value()) }
    }

    init(_ value: JSONValue, path: String) {
        source = value.objectValue.map(Source.object) ?? .other
        self.path = path
        if !isObject { let _: Never? = note("", "an object", value) }
    }

    /// Whether this can be a row at all.
    var isObject: Bool {
        if case .other = source { false } else { true }
    }

    /// Also of numbers, which some names consist of. PostgreSQL keeps no text with U+0000.
    mutating func text(_ key: String) -> String? {
        switch present(key) {
        case nil: return nil
        case .string(let text)? where !text.utf8.contains(0): return text
        case .string(let text)?: return note(key, "a string without U+0000", .string(text))
        case .int(let number)?: return String(number)
        case .uint(let number)?: return String(number)
        case let found?: return note(key, "a string", found)
        }
    }

    mutating func number(_ key: String) -> Double? {
        guard let found = present(key) else { return nil }
        let number = found.doubleValue ?? found.stringValue.flatMap(Self.number)
        return number?.isFinite == true ? number : note(key, "a number", found)
    }

    mutating func integer(_ key: String) -> Int64? {
        guard let found = present(key) else { return nil }
        let number = found.intValue ?? found.stringValue.flatMap(Self.number).flatMap { Int64(exactly: $0) }
        return number ?? note(key, "a whole number", found)
    }

    /// May be negative: what is too small costs money to mend.
    mutating func money(_ key: String) -> Money? {
        guard let found = present(key) else { return nil }
        let money = found.doubleValue.flatMap(Money.init(dollars:)) ?? found.stringValue.flatMap(Money.init(decimal:))
        return money ?? note(key, "an amount of money", found)
    }

    mutating func flag(_ key: String) -> Bool? {
        switch present(key) {
        case nil: return nil
        case .bool(let flag)?: return flag
        case .string("true")?, .int(1)?: return true
        case .string("false")?, .int(0)?: return false
        case let found?: return note(key, "true or false", found)
        }
    }

    /// An object within; nil when there is none.
    mutating func row(_ key: String) -> ScaleOpsRow? {
        guard let found = present(key) else { return nil }
        guard found.objectValue != nil else { return note(key, "an object", found) }
        return ScaleOpsRow(found, path: "\(path).\(key)")
    }

    /// The row cannot be told from others, so it is of no use.
    mutating func noteMissingIdentity() {
        problems.append(ScaleOpsFieldProblem(field: path, detail: "left out: it does not say what it is about"))
    }

    /// Takes over what was noted within.
    mutating func take(_ row: ScaleOpsRow?) { problems += row?.problems ?? [] }

    /// Swift would read "inf" and "0x1p3" too.
    private static func number(_ text: String) -> Double? {
        text.utf8.allSatisfy("0123456789+-.eE".utf8.contains) ? Double(text) : nil
    }

    private func present(_ key: String) -> JSONValue? {
        let found: JSONValue? =
            switch source {
            case .view(let view): view[key]?.value()
            case .object(let object): object[key]
            case .other: nil
            }
        switch found {
        case .null?, .string("")?, .string("N/A")?: return nil
        case let found: return found
        }
    }

    @discardableResult
    private mutating func note<Value>(_ key: String, _ expectation: String, _ found: JSONValue) -> Value? {
        problems.append(
            ScaleOpsFieldProblem(
                field: key.isEmpty ? path : "\(path).\(key)", detail: "expected \(expectation), found \(found.typeName)"
            ))
        return nil
    }
}
