/// The database refused or could not be asked.
package struct StoreError: Error, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Nothing answers, or the connection broke; trying again later may succeed.
        case unavailable
        /// All connections were busy until the deadline.
        case busy
        /// The statement ran longer than it may.
        case timeout
        /// A parameter holds the character U+0000, which PostgreSQL cannot store.
        case badParameter
        /// A statement failed for another reason.
        case statement
        /// The database was made by a newer or an altered Callboard.
        case schema
        /// Another leader has taken over; nothing was written, and nothing can be.
        case deposed
        /// The database answered something that this code does not expect.
        case unexpectedResult
    }

    package let code: Code
    /// What was attempted, and the server's words. Never holds parameter values.
    package let detail: String
    /// PostgreSQL's SQLSTATE, when the server gave one.
    package let sqlState: String?

    package init(code: Code, detail: String, sqlState: String? = nil) {
        self.code = code
        self.detail = detail
        self.sqlState = sqlState
    }

    /// For metrics: one of a fixed set.
    package var label: String { code.rawValue }
    package var description: String { "database \(code.rawValue): \(detail)" + (sqlState.map { " (\($0))" } ?? "") }
}
