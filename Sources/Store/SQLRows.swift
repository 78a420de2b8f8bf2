package import Base
internal import CPostgres

/// The rows of a statement's answer. Columns are counted from 0.
package final class SQLRows {
    private let result: OpaquePointer?

    init(_ result: OpaquePointer?) { self.result = result }

    deinit { PQclear(result) }

    /// How many rows there are.
    package var count: Int { Int(PQntuples(result)) }

    /// How many rows the statement inserted, updated or deleted.
    package var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// Each row mapped.
    package func map<Value>(_ transform: (SQLRow) throws -> Value) rethrows -> [Value] {
        try (0..<count).map { try transform(SQLRow(rows: self, index: Int32($0))) }
    }

    /// The first row mapped, or nil when there is none.
    package func first<Value>(_ transform: (SQLRow) throws -> Value) rethrows -> Value? {
        count == 0 ? nil : try transform(SQLRow(rows: self, index: 0))
    }

    fileprivate func bytes(_ row: Int32, _ column: Int32) -> UnsafeBufferPointer<UInt8>? {
        guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else { return nil }
        let count = Int(PQgetlength(result, row, column))
        return UnsafeRawBufferPointer(start: start, count: count).bindMemory(to: UInt8.self)
    }
}

/// One row of an answer.
package struct SQLRow {
    fileprivate let rows: SQLRows
    fileprivate let index: Int32

    /// A value's bytes; nil for NULL.
    package func bytes(_ column: Int32) -> [UInt8]? { rows.bytes(index, column).map(Array.init) }

    /// A value's text; nil for NULL.
    package func text(_ column: Int32) -> String? {
        rows.bytes(index, column).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A whole number; nil for NULL and for what is none.
    package func int(_ column: Int32) -> Int64? { text(column).flatMap { Int64($0) } }

    /// A `bigint` of an answer in binary form.
    func binaryInt(_ column: Int32) -> Int64? {
        rows.bytes(index, column).flatMap { bytes in
            bytes.count == 8 ? bytes.reduce(0) { $0 << 8 | Int64($1) } : nil
        }
    }

    /// What a value's bytes say, without a copy of them; nil for NULL.
    func withBytes<Value>(_ column: Int32, _ read: (UnsafeRawBufferPointer) -> Value) -> Value? {
        rows.bytes(index, column).map { read(UnsafeRawBufferPointer($0)) }
    }

    /// An array of whole numbers without NULLs, such as a `bigint[]`; empty for NULL.
    package func ints(_ column: Int32) -> [Int64] {
        (text(column) ?? "").dropFirst().dropLast().split(separator: ",").compactMap { Int64($0) }
    }

    /// A boolean; false for NULL.
    package func bool(_ column: Int32) -> Bool { text(column) == "t" }

    /// A time that the statement selected as microseconds since 1970 (see `microseconds(_:)` in the stores).
    package func time(_ column: Int32) -> Timestamp? { int(column).map(Timestamp.init(microseconds:)) }

    /// A JSON value; nil for NULL and for what is no JSON.
    package func json(_ column: Int32) -> JSONValue? {
        bytes(column).flatMap { try? JSONValue(parsing: $0) }
    }

    /// A text that the table's definition forbids to be NULL.
    ///
    /// - Throws: `StoreError` when it is NULL all the same, for then the schema is not ours.
    package func required(_ column: Int32) throws(StoreError) -> String {
        guard let value = text(column) else {
            throw StoreError(code: .unexpectedResult, detail: "column \(column) is NULL")
        }
        return value
    }
}

/// An SQL expression that sums a column of bigints into one that does not overflow.
///
/// - Parameter filter: ` FILTER (WHERE …)`, when not all rows count.
func boundedSum(_ expression: String, _ filter: String = "") -> String {
    "least(coalesce(sum(\(expression))\(filter), 0), 9000000000000000000)::bigint"
}

/// The same, but NULL where nothing but NULLs is summed. (LEAST passes over NULLs.)
func boundedSumOrNull(_ expression: String, _ filter: String = "") -> String {
    "CASE WHEN count(\(expression))\(filter) > 0 THEN \(boundedSum(expression, filter)) END"
}

/// An SQL expression that turns a timestamptz into microseconds since 1970, which `SQLRow.time` reads.
func microseconds(_ expression: String) -> String { "(extract(epoch from \(expression)) * 1000000)::bigint" }
