/// A table as comma-separated values by RFC 4180.
enum CSVText {
    enum Cell: Sendable, Hashable {
        /// Written by people or other programs; nil: empty.
        case text(String?)
        /// A number in decimal form, which no program takes for a formula.
        case number(String)
    }

    /// One line with its end.
    static func line(_ cells: [Cell]) -> String { cells.map(written).joined(separator: ",") + "\r\n" }

    private static func written(_ cell: Cell) -> String {
        switch cell {
        case .number(let digits): return digits
        case .text(let text): return text.map { quoted(guarded($0)) } ?? ""
        }
    }

    /// Spreadsheets compute what begins so, and a name may hold anything; the apostrophe makes it a text
    /// (OWASP, "CSV Injection").
    private static func guarded(_ text: String) -> String {
        guard let first = text.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) else { return text }
        return "'" + text
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        let isPlain = !scalars.contains { $0 == "\"" || $0 == "," || $0 == "\r" || $0 == "\n" }
        if isPlain, scalars.first != " ", scalars.last != " " { return text }
        var quoted = "\""
        for scalar in scalars {
            if scalar == "\"" { quoted.unicodeScalars.append("\"") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}
