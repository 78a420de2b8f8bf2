internal import Base
internal import CPostgres
internal import Glibc

/// One connection to PostgreSQL. Every call blocks, so it lives on a thread of its own (see `PostgresConnection`) and is
/// handed to closures that run there.
package final class PostgresSession {
    private let parameters: [(String, String)]
    private var connection: OpaquePointer?
    private var prepared: [String: String] = [:]
    /// Statements are few and written in this room; the bound only guards against generated ones.
    private static let maximumPrepared = 256
    /// The channel that this connection listens on; nil: none.
    var listening: String?

    /// - Parameter parameters: libpq connection keywords; `dbname` may hold a whole connection URI.
    init(parameters: [(String, String)]) { self.parameters = parameters }

    deinit { disconnect() }

    /// Runs one statement. A statement that is asked for again runs as a prepared one.
    ///
    /// - Throws: `StoreError`.
    @discardableResult
    package func run(_ statement: String, _ values: [SQLValue] = []) throws(StoreError) -> SQLRows {
        try run(statement, values, isBinary: false)
    }

    /// The same with an answer in PostgreSQL's binary form, in which bytes need not be read as text: for columns of type
    /// `bytea` and `bigint` (`SQLRow.bytes`, `SQLRow.binaryInt`).
    ///
    /// - Throws: `StoreError`.
    func runBinary(_ statement: String, _ values: [SQLValue]) throws(StoreError) -> SQLRows {
        try run(statement, values, isBinary: true)
    }

    private func run(_ statement: String, _ values: [SQLValue], isBinary: Bool) throws(StoreError) -> SQLRows {
        let connection = try connected()
        let name = try prepare(statement, on: connection)
        return try withTexts(values) { pointers throws(StoreError) in
            let result = PQexecPrepared(connection, name, Int32(values.count), pointers, nil, nil, isBinary ? 1 : 0)
            return try check(result, statement)
        }
    }

    /// Runs one statement without keeping it prepared: for statements whose text depends on what a caller asks.
    ///
    /// - Throws: `StoreError`.
    package func runOnce(_ statement: String, _ values: [SQLValue] = []) throws(StoreError) -> SQLRows {
        let connection = try connected()
        return try withTexts(values) { pointers throws(StoreError) in
            let result = PQexecParams(connection, statement, Int32(values.count), nil, pointers, nil, nil, 0)
            return try check(result, statement)
        }
    }

    /// Runs a script of several statements, without parameters, as one transaction unless it says otherwise.
    package func runScript(_ script: String) throws(StoreError) {
        let connection = try connected()
        _ = try check(PQexec(connection, script), script)
    }

    /// Runs the body between BEGIN and COMMIT; rolls back when it throws.
    package func transaction<Value>(_ body: () throws -> Value) throws -> Value { try between("BEGIN", body) }

    /// Runs a body that only reads; all its statements see the database at one moment.
    package func snapshot<Value>(_ body: () throws -> Value) throws -> Value {
        try between("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
    }

    private func between<Value>(_ begin: String, _ body: () throws -> Value) throws -> Value {
        try runScript(begin)
        do {
            let value = try body()
            try runScript("COMMIT")
            return value
        } catch {
            // A connection that cannot leave its transaction must not be handed out again.
            if let connection {
                PQclear(PQexec(connection, "ROLLBACK"))
                if PQtransactionStatus(connection) != PQTRANS_IDLE { disconnect() }
            }
            throw error
        }
    }

    /// Ends the connection; the next statement opens a new one.
    package func disconnect() {
        prepared = [:]
        listening = nil
        if let connection { PQfinish(connection) }
        connection = nil
    }

    /// The connection; a new one when there is none or it is dead.
    func connected() throws(StoreError) -> OpaquePointer {
        if let connection, PQstatus(connection) == CONNECTION_OK { return connection }
        disconnect()
        let keywords = parameters.map { strdup($0.0) }
        let values = parameters.map { strdup($0.1) }
        defer { (keywords + values).forEach { free($0) } }
        let opened = PQconnectdbParams(
            keywords.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil], 1)
        guard let opened, PQstatus(opened) == CONNECTION_OK else {
            let detail = opened.map { message(of: $0) } ?? "out of memory"
            PQfinish(opened)
            throw StoreError(code: .unavailable, detail: "connecting: \(detail)")
        }
        PQsetNoticeProcessor(opened, { _, _ in }, nil)
        connection = opened
        // Not as the keyword `options`: a connection URI may have options of its own, which would replace them.
        try runScript(Self.settings)
        return opened
    }

    /// A statement may take 15 s, and nobody works within an open transaction for 30 s without asking something. Compiling a
    /// statement would take longer than any of ours gains by it.
    private static let settings =
        """
        SET statement_timeout = 15000; SET lock_timeout = 10000; SET idle_in_transaction_session_timeout = 30000;
        SET jit = off; SET TimeZone = 'UTC'; SET search_path = callboard, public
        """

    private func prepare(_ statement: String, on connection: OpaquePointer) throws(StoreError) -> String {
        if let name = prepared[statement] { return name }
        guard prepared.count < Self.maximumPrepared else {
            prepared = [:]
            _ = try check(PQexec(connection, "DEALLOCATE ALL"), "DEALLOCATE ALL")
            return try prepare(statement, on: connection)
        }
        let name = "s\(prepared.count)"
        _ = try check(PQprepare(connection, name, statement, 0, nil), statement)
        prepared[statement] = name
        return name
    }

    /// The rows of an answer, which belongs to them from now on.
    func check(_ result: OpaquePointer?, _ statement: String) throws(StoreError) -> SQLRows {
        let status = PQresultStatus(result)
        if status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK { return SQLRows(result) }
        defer { PQclear(result) }
        let state = PQresultErrorField(result, Int32(UInt8(ascii: "C"))).map { String(cString: $0) }
        let primary = PQresultErrorField(result, Int32(UInt8(ascii: "M"))).map { String(cString: $0) }
        let isLost = connection.map { PQstatus($0) != CONNECTION_OK } ?? true
        let detail = primary ?? connection.map { message(of: $0) } ?? "no connection"
        if isLost { disconnect() }
        throw StoreError(
            code: Self.code(sqlState: state, isLost: isLost), detail: "\(summary(statement)): \(detail)",
            sqlState: state)
    }

    /// Classes of PostgreSQL's appendix A: 57014 is a cancelled query, 57P the server going down, 08 the connection,
    /// 53 a lack of resources; 40 (serialization) and 55P03 (lock) pass by themselves.
    private static func code(sqlState: String?, isLost: Bool) -> StoreError.Code {
        guard let sqlState, !isLost else { return .unavailable }
        if sqlState == "57014" { return .timeout }
        // No such schema or table: the migrations have not been applied yet.
        if sqlState == "3F000" || sqlState == "42P01" { return .schema }
        let passing = ["57P", "08", "53", "40", "55P03"]
        return passing.contains { sqlState.hasPrefix($0) } ? .unavailable : .statement
    }

    private func message(of connection: OpaquePointer) -> String {
        String(cString: PQerrorMessage(connection)).split(separator: "\n").joined(separator: "; ")
    }

    private func summary(_ statement: String) -> String {
        let words = statement.split(maxSplits: 6, whereSeparator: \.isWhitespace).prefix(6)
        return words.joined(separator: " ")
    }

    /// Gives the C strings of the values, valid during the call.
    private func withTexts<Value>(
        _ values: [SQLValue], _ body: ([UnsafePointer<CChar>?]) throws(StoreError) -> Value
    ) throws(StoreError) -> Value {
        let copies = values.map { value in value.text.flatMap { strdup($0) } }
        defer { copies.forEach { free($0) } }
        // It would end the C string early, and so ask for something else.
        guard zip(values, copies).allSatisfy({ $1.map { strlen($0) } == $0.text?.utf8.count }) else {
            throw StoreError(code: .badParameter, detail: "a parameter holds the character U+0000")
        }
        return try body(copies.map { UnsafePointer($0) })
    }
}
